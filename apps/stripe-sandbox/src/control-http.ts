import { type ServerResponse } from 'node:http';
import { type Control } from './control.js';
import { Failure } from './failure.js';
import { type Incoming } from './incoming.js';

/** `POST /_sandbox/<name>` with a JSON object calls the control function of that name; GET, those that take none. */
export async function serveControl(
  control: Control,
  incoming: Incoming,
  response: ServerResponse,
): Promise<void> {
  const name = incoming.path.slice('/_sandbox/'.length);
  const [status, body] = await called(control, name, incoming);
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body ?? null, null, 2));
}

async function called(
  control: Control,
  name: string,
  { method, body, contentType }: Incoming,
): Promise<[number, unknown]> {
  if (!Object.hasOwn(control, name)) {
    return [404, { error: `no such control; there are ${Object.keys(control).join(', ')}` }];
  }
  // A page elsewhere can post a form here, but not JSON.
  if (method !== 'GET' && body !== '' && !contentType.startsWith('application/json')) {
    return [415, { error: 'send application/json' }];
  }
  try {
    const call = control[name as keyof Control] as (params: unknown) => unknown;
    return [200, await call(body === '' ? undefined : (JSON.parse(body) as unknown))];
  } catch (error) {
    if (error instanceof Failure) return [error.status, { error: error.body }];
    return [400, { error: error instanceof Error ? error.message : String(error) }];
  }
}
