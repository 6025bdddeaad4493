import { Database } from '#database';
import type { Actor } from '#organizations';
import { done, type Outcome, refuse, refused } from '#outcome';
import { type LeadAttribute, type LeadSchema, VerticalQueries } from '#verticals';
import { Targets, targetRefusalMessages } from '#webhooks';
import { Inject, Injectable } from '@nestjs/common';
import type { Destination, DestinationSettings } from './destination.js';
import { DestinationStore, type HeaderValues } from './destination.store.js';
import type { KnownAttributes } from './mapping.js';
import {
  type RawEmail,
  type RawWebhook,
  readEmailDestination,
  readHeaders,
  readWebhook,
} from './raw-destination.js';
import type { MailSettings } from './send-mail.action.js';

/** Where to, as it is given: one of the two. */
export type RawTarget =
  | { readonly kind: 'WEBHOOK'; readonly webhook: RawWebhook }
  | { readonly kind: 'EMAIL'; readonly email: RawEmail };

/** What may be saved. */
export interface TargetChecked {
  readonly settings: DestinationSettings;
  readonly headerValues: HeaderValues;
}

/** For sample leads: values of a vertical's attributes, as its schema gives them for examples. */
export interface SampleAttributes {
  readonly vertical: string;
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

/** Reads what destinations are held to, outside every transaction: it asks servers of names. */
@Injectable()
export class CheckDestination {
  constructor(
    private readonly database: Database,
    private readonly destinations: DestinationStore,
    private readonly verticals: VerticalQueries,
    private readonly targets: Targets,
    @Inject('MailSettings') private readonly mail: MailSettings | null,
  ) {}

  /** `known` are the values that its headers have so far; `verticals` those whose leads go there. */
  async target(
    raw: RawTarget,
    { known, verticals }: { readonly known: HeaderValues; readonly verticals: readonly string[] },
  ): Promise<Outcome<TargetChecked>> {
    const attributes = await this.attributesOf(verticals);
    return raw.kind === 'WEBHOOK'
      ? await this.webhook(raw.webhook, known, attributes)
      : this.email(raw.email, attributes);
  }

  /** The verticals whose leads go to a destination now. */
  async verticalsOf(destination: Pick<Destination, 'id' | 'buyerId' | 'isDefault'>): Promise<string[]> {
    return await this.destinations.verticalsOf(this.database, destination);
  }

  /** The vertical of a contract of the acting buyer's, in a list; null when it has no such contract. */
  async verticalOfContract(actor: Actor, contractId: string): Promise<readonly string[] | null> {
    const contract = await this.destinations.contractOf(this.database, actor, contractId);
    return contract ? [contract.vertical] : null;
  }

  /** What each vertical's newest schema has for attributes; one without a schema takes any. */
  async attributesOf(verticals: readonly string[]): Promise<KnownAttributes[]> {
    const schemas = await this.schemasOf(verticals);
    return verticals.map((vertical) => {
      const schema = schemas.get(vertical);
      if (!schema) return { types: new Map(), isOpen: true };
      const types = new Map(schema.attributes.map(({ key, type }) => [key, type]));
      return { types, isOpen: schema.otherAttributes };
    });
  }

  async sampleOf(vertical: string): Promise<SampleAttributes> {
    const schema = (await this.schemasOf([vertical])).get(vertical);
    const attributes = (schema?.attributes ?? []).map((each) => ({ key: each.key, value: exampleOf(each) }));
    return { vertical, attributes };
  }

  private async schemasOf(keys: readonly string[]): Promise<ReadonlyMap<string, LeadSchema>> {
    const found = await this.verticals.byKeys(keys);
    const refs = found.flatMap(({ key: vertical, schemaVersion: version }) =>
      version === null ? [] : [{ vertical, version }],
    );
    if (refs.length === 0) return new Map();
    return new Map((await this.verticals.schemas(refs)).map((schema) => [schema.vertical, schema]));
  }

  private async webhook(
    raw: RawWebhook,
    known: HeaderValues,
    verticals: readonly KnownAttributes[],
  ): Promise<Outcome<TargetChecked>> {
    const at = ['input', 'target', 'webhook'];
    const read = readWebhook(raw, { at, verticals });
    const headers = readHeaders(raw.headers ?? [], known, [...at, 'headers']);
    const target = await this.targets.find(raw.url);
    const url =
      typeof target === 'string'
        ? refuse('INVALID_VALUE', { field: [...at, 'url'], message: targetRefusalMessages[target] })
        : done(target.url.href);
    if (!url.ok || !headers.ok || !read.ok)
      return refused(...[url, headers, read].flatMap((each) => (each.ok ? [] : each.refusals)));
    const settings = {
      kind: 'WEBHOOK',
      url: url.value,
      headers: headers.value.headers,
      ...read.value,
    } as const;
    return done({ settings, headerValues: headers.value.values });
  }

  private email(raw: RawEmail, verticals: readonly KnownAttributes[]): Outcome<TargetChecked> {
    const at = ['input', 'target', 'email'];
    if (!this.mail) {
      const message =
        'No mail can be sent from here: the operator has not set LEADGER_SMTP_URL and LEADGER_MAIL_FROM.';
      return refuse('INVALID_VALUE', { field: at, message });
    }
    const read = readEmailDestination(raw, { at, verticals });
    return read.ok ? done({ settings: read.value, headerValues: {} }) : read;
  }
}

function exampleOf({ type, example, min, values }: LeadAttribute): string {
  if (example !== null) return example;
  switch (type) {
    case 'TEXT':
      return 'sample';
    case 'INTEGER':
    case 'DECIMAL':
      return min ?? '1';
    case 'BOOLEAN':
      return 'true';
    case 'DATE':
      return min ?? '2026-01-31';
    case 'ENUM':
      return values[0] ?? '';
  }
}
