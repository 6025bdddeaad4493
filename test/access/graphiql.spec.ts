import { startTestApp, type TestApp } from '../support/app.js';

describe('the files of the GraphiQL page', () => {
  const types: Readonly<Record<string, string>> = {
    'react.js': 'text/javascript',
    'react-dom.js': 'text/javascript',
    'graphiql.js': 'text/javascript',
    'graphiql.css': 'text/css',
  };

  async function get(app: TestApp, name: string): Promise<Response> {
    return await fetch(`${app.url}/graphiql/${name}`);
  }

  it('are served in the sandbox, without a key, and nothing else is', async () => {
    const app = await startTestApp();
    for (const [name, type] of Object.entries(types)) {
      const answer = await get(app, name);
      expect([name, answer.status]).toEqual([name, 200]);
      expect(answer.headers.get('content-type')).toContain(type);
      expect((await answer.text()).length).toBeGreaterThan(1_000);
    }
    for (const name of ['package.json', '..%2Fpackage.json', 'constructor', '%00']) {
      expect((await get(app, name)).status).toBeGreaterThanOrEqual(400);
      expect((await get(app, name)).status).toBeLessThan(500);
    }
    await app.stop();
  });

  it('are not there in production', async () => {
    const app = await startTestApp({ environment: { LEADGER_MODE: 'production' } });
    expect((await get(app, 'graphiql.js')).status).toBe(404);
    await app.stop();
  });
});
