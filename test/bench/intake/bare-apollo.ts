// A process of its own, for comparison: Apollo Server on node:http whose mutation is one prepared INSERT, without any
// rule. It takes the product's request and gives the same answer, so the same load fits both.
import { randomUUID } from 'node:crypto';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import pg from 'pg';

const typeDefs = `
  type Query { ok: Boolean }
  type Mutation { submitLead(input: SubmitLeadInput!): SubmitLeadPayload! }
  type SubmitLeadPayload { lead: Lead  replayed: Boolean!  userErrors: [UserError!]! }
  type Lead { id: ID!  status: String! }
  type UserError { code: String! }
  input SubmitLeadInput { externalId: String!  vertical: String!  contact: ContactInput!  attributes: [AttributeInput!]
    source: SourceInput  consent: ConsentInput  score: Int }
  input ContactInput { email: String  phone: String  givenName: String  familyName: String  postalCode: String
    country: String }
  input AttributeInput { key: String!  value: String! }
  input SourceInput { channel: String  campaign: String  subId: String }
  input ConsentInput { text: String  capturedAt: String  ip: String  certificateUrl: String }
`;

interface Arguments {
  readonly input: { readonly externalId: string };
}

const { DATABASE_URL: connectionString, PORT: port, POOL_SIZE: poolSize } = process.env;
const pool = new pg.Pool({ connectionString, max: Number(poolSize) });

const resolvers = {
  Mutation: {
    submitLead: async (_root: unknown, { input }: Arguments) => {
      const id = randomUUID();
      const text =
        'insert into bench.bare_leads (id, external_id, lead, received_at) values ($1, $2, $3, now())';
      await pool.query({ name: 'insert', text, values: [id, input.externalId, JSON.stringify(input)] });
      return { lead: { id, status: 'SOLD' }, replayed: false, userErrors: [] };
    },
  },
};

const server = new ApolloServer({ typeDefs, resolvers, csrfPrevention: true });
await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: Number(port) } });
