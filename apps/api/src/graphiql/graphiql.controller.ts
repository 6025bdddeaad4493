import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Controller, Get, Header, NotFoundException, Param, StreamableFile } from '@nestjs/common';
import { Public } from '../access/index.js';

const require = createRequire(import.meta.url);

interface Asset {
  readonly package: string;
  /** Below the package's folder; not what the package exports, so it is not resolved as a module. */
  readonly path: string;
  readonly type: string;
}

/** The page's files as the packages ship them, by the name under which the page asks for them. */
const assets: Readonly<Record<string, Asset>> = {
  'react.js': { package: 'react', path: 'umd/react.production.min.js', type: 'text/javascript' },
  'react-dom.js': { package: 'react-dom', path: 'umd/react-dom.production.min.js', type: 'text/javascript' },
  'graphiql.js': { package: 'graphiql', path: 'graphiql.min.js', type: 'text/javascript' },
  'graphiql.css': { package: 'graphiql', path: 'graphiql.min.css', type: 'text/css' },
};

/**
 * What the GraphiQL page loads. Nest's own page takes it from a public CDN, which an installation without internet does
 * not reach; these files come with the packages. Sandbox mode only.
 */
@Controller('graphiql')
export class GraphiqlController {
  @Public()
  @Get(':name')
  @Header('cache-control', 'public, max-age=86400')
  asset(@Param('name') name: string): StreamableFile {
    const asset = Object.hasOwn(assets, name) ? assets[name] : undefined;
    if (!asset) throw new NotFoundException();
    const folder = dirname(require.resolve(`${asset.package}/package.json`));
    const type = `${asset.type}; charset=utf-8`;
    return new StreamableFile(createReadStream(join(folder, asset.path)), { type });
  }
}
