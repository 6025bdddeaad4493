// A process of its own, for comparison: PostGraphile with what it makes of one bare table by itself, as its documentation sets
// it up. It runs where the bench has installed it, and is no part of the product.
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

const { DATABASE_URL: connectionString, PORT: port, POOL_SIZE: poolSize } = process.env;

const server = createServer();
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({ connectionString, schemas: ['bench_bare'], poolConfig: { max: Number(poolSize) } }),
  ],
  // By GET it is asked whether it is there.
  grafserv: { graphqlPath: '/graphql', graphqlOverGET: true, graphiql: false, websockets: false },
  grafast: { explain: false },
});
const service = instance.createServ(grafserv);
server.once('listening', () => server.on('error', (error) => console.error(error)));
await service.addTo(server);
server.listen(Number(port), '127.0.0.1');
