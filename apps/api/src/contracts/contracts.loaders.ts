import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import {
  type Contract,
  type ContractPage,
  ContractsQueries,
  type ContractVersion,
  contractVersionKey,
} from '#contracts';
import { invariant } from '#outcome';
import { type LoaderFactory, loaderOf, type RequestLoaders } from '../access/index.js';
import {
  type ContractType,
  contractTypeOf,
  type ContractVersionType,
  contractVersionTypeOf,
} from './contracts.types.js';

/** Contracts and their versions by key, one query per request and kind; null for missing and foreign ones. */
@Injectable()
export class ContractLoaders {
  constructor(private readonly queries: ContractsQueries) {}

  private readonly byId = loaderOf<string, Contract>(
    (actor, ids) => this.queries.contracts(actor, ids),
    ({ id }) => id,
  );
  private readonly versionByKey = loaderOf<string, ContractVersion>(
    (actor, keys) => this.queries.versions(actor, keys.map(versionOfKey)),
    contractVersionKey,
  );
  private readonly versionPages: LoaderFactory<string, readonly ContractVersion[]> = (actor) =>
    new DataLoader(async (keys) => {
      const pages = new Map<string, string[]>();
      for (const key of keys) {
        const [contractId, page] = contractAndPage(key);
        pages.set(page, [...(pages.get(page) ?? []), contractId]);
      }
      const found = new Map<string, readonly ContractVersion[]>();
      for (const [page, contractIds] of pages) {
        const versions = await this.queries.versionPages(actor, contractIds, JSON.parse(page) as VersionPage);
        for (const [contractId, list] of versions) found.set(`${contractId} ${page}`, list);
      }
      return keys.map((key) => found.get(key) ?? []);
    });

  async contract(loaders: RequestLoaders, uuid: string): Promise<ContractType | null> {
    const found = await loaders.of(this.byId).load(uuid);
    return found && contractTypeOf(found);
  }

  /** The version of a contract that the actor may see. */
  async version(loaders: RequestLoaders, contractId: string, version: number): Promise<ContractVersionType> {
    const found = await loaders.of(this.versionByKey).load(contractVersionKey({ contractId, version }));
    invariant(found, 'a contract has no version that its reader may see');
    return contractVersionTypeOf(found);
  }

  /** The same page of the versions of each contract that is asked for, in one query. */
  async versionPage(
    loaders: RequestLoaders,
    contractId: string,
    page: VersionPage,
  ): Promise<readonly ContractVersion[]> {
    return await loaders.of(this.versionPages).load(`${contractId} ${JSON.stringify(page)}`);
  }

  /** Forgets what was loaded before an act: the next mutation of the same request must show what it changed. */
  forget(loaders: RequestLoaders): void {
    loaders.of(this.byId).clearAll();
    loaders.of(this.versionByKey).clearAll();
    loaders.of(this.versionPages).clearAll();
  }
}

type VersionPage = ContractPage<number>;

function versionOfKey(key: string): { contractId: string; version: number } {
  const [contractId = '', version] = key.split(':');
  return { contractId, version: Number(version) };
}

function contractAndPage(key: string): readonly [string, string] {
  const space = key.indexOf(' ');
  return [key.slice(0, space), key.slice(space + 1)];
}
