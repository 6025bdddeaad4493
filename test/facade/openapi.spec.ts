import { readFileSync } from 'node:fs';
import {
  buildSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  getNamedType,
  getNullableType,
  type GraphQLInputType,
} from 'graphql';
import { type Group, leadShape, pingShape, type Shape } from '../../apps/api/src/facade/lead-shape.js';
import { openApiText } from '../../apps/api/src/facade/openapi.js';
import { root } from '../architecture/sources.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { document, OpenFacade } from './open-facade.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
}, 60_000);
afterAll(async () => await app.stop());

describe('the OpenAPI document', () => {
  it('is served, without a key, as it is committed', async () => {
    const response = await fetch(`${app.url}/v1/openapi.json`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const served: unknown = await response.json();
    expect(served).toEqual(JSON.parse(openApiText()));
    expect(served).toEqual(JSON.parse(readFileSync(`${root}/docs/openapi.json`, 'utf8')));
  });

  it('has schemas that hold, and no reference that leads nowhere', () => {
    const facade = new OpenFacade(app);
    for (const name of Object.keys(document.components.schemas))
      expect(typeof facade.validator({ $ref: `#/components/schemas/${name}` })).toBe('function');
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    expect(references.length).toBeGreaterThan(50);
    for (const path of references)
      expect(
        path.split('/').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], document),
      ).toBeDefined();
  });

  it('is about every route below /v1, and about nothing else', () => {
    const text = app.nest.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false });
    // A tree with four signs a level, whose lines are the ends of paths.
    const above: string[] = [];
    const routes = text.split('\n').flatMap((line) => {
      const [, indent = '', end = '', methods = ''] =
        /^([│├└─ ]*)(\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
      above.length = indent.length / 4;
      const path = above.join('') + end;
      above.push(end);
      const shown = methods.split(', ').filter((method) => method !== '' && method !== 'HEAD');
      return path.startsWith('/v1/')
        ? shown.map((method) => `${method} ${path.replace(/:(\w+)/, '{$1}')}`)
        : [];
    });
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual(described.toSorted());
  });
});

describe('a submission by JSON', () => {
  const schema = buildSchema(readFileSync(`${root}/schema.graphql`, 'utf8'));
  const types = {
    text: 'String',
    id: 'ID',
    decimal: 'Decimal',
    currency: 'CurrencyCode',
    instant: 'DateTime',
    integer: 'Int',
    boolean: 'Boolean',
  };

  /** Names, types and what is required, in lines. */
  function linesOf(group: Group, before = ''): string[] {
    return Object.entries(group.fields).flatMap(([name, shape]: [string, Shape]) => {
      const line = `${before}${name}${shape.required ? '!' : ''}`;
      if (shape.type === 'group') return [line, ...linesOf(shape, `${line}.`)];
      if (shape.type === 'pairs') return [line, `${line}.key! String`, `${line}.value! String`];
      return [`${line} ${types[shape.type]}`];
    });
  }

  function graphqlLines(type: GraphQLInputType, before = ''): string[] {
    const named = getNamedType(type);
    if (!isInputObjectType(named)) return [];
    return Object.values(named.getFields()).flatMap((field) => {
      const line = `${before}${field.name}${isNonNullType(field.type) ? '!' : ''}`;
      const inner = getNamedType(field.type);
      if (!isInputObjectType(inner)) return [`${line} ${inner.name}`];
      expect(isListType(getNullableType(field.type))).toBe(field.name === 'attributes');
      return [line, ...graphqlLines(inner, `${line}.`)];
    });
  }

  it('has the fields of SubmitLeadInput, with their types', () => {
    const input = schema.getType('SubmitLeadInput');
    if (!isInputObjectType(input)) throw new Error('there is no SubmitLeadInput');
    const expected = graphqlLines(input);
    expect(expected.length).toBeGreaterThan(20);
    expect(linesOf(leadShape).toSorted()).toEqual(expected.toSorted());
    const pinged = schema.getType('PingLeadInput');
    if (!isInputObjectType(pinged)) throw new Error('there is no PingLeadInput');
    expect(linesOf(pingShape).toSorted()).toEqual(graphqlLines(pinged).toSorted());
  });
});
