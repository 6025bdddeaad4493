/** What a resolver or controller needs of access. */
export { CurrentActor, Loaders } from './current-actor.js';
export { Public, Requires } from './requires.js';
export {
  listLoaderOf,
  type LoaderFactory,
  loaderOf,
  pageLoaderOf,
  RequestLoaders,
} from './request-loaders.js';
