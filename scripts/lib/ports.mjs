import net from 'node:net';
import { FriendlyError } from './friendly-error.mjs';

/** Whether a server could listen there at this moment. */
export async function canListen(host, port) {
  const server = net.createServer();
  const free = await new Promise((resolve, reject) => {
    server.once('listening', () => resolve(true));
    server.once('error', (error) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else
        reject(
          new FriendlyError(`nothing can listen on ${host}, port ${port} (${error.code}): set LEADGER_HOST.`),
        );
    });
    server.listen({ host, port, exclusive: true });
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free;
}

/** Where a process of this machine finds a server that listens on `listenHost`. */
export function reachable(listenHost) {
  if (listenHost === '0.0.0.0') return '127.0.0.1';
  if (listenHost === '::') return '[::1]';
  return listenHost.includes(':') ? `[${listenHost}]` : listenHost;
}
