import { type ServerResponse } from 'node:http';
import { balanceOf, currenciesOf } from './balance.js';
import { html, htmlHeaders, pageOf, type Html } from './html.js';
import { platformId, type TableName, type Tables } from './tables.js';
import { idOf, type World } from './world.js';

const shownRows = 25;
const refreshSeconds = 5;

/** What is there, on one page that renews itself. */
export function serveOverview(world: World, response: ServerResponse): void {
  response.writeHead(200, htmlHeaders);
  const sections = [accounts(world), transfers(world), payments(world), events(world), requests(world)];
  const now = new Date(world.clock.nowMs()).toISOString();
  const body = html`<p>Its time is <strong>${now}</strong>. No money moves here.</p>
    ${sections}`;
  response.end(pageOf('Stripe sandbox', body, refreshSeconds));
}

function money(amount: number, currency: string): string {
  const digits = ['jpy', 'krw', 'vnd', 'clp'].includes(currency) ? 0 : 2;
  const text = String(Math.abs(amount)).padStart(digits + 1, '0');
  const point = text.length - digits;
  const decimal = digits === 0 ? text : `${text.slice(0, point)}.${text.slice(point)}`;
  return `${amount < 0 ? '−' : ''}${decimal} ${currency.toUpperCase()}`;
}

function latest<K extends TableName>(world: World, table: K): readonly Tables[K][] {
  return world.store.all(table).slice(-shownRows).toReversed();
}

function table(title: string, headings: readonly string[], rows: readonly (readonly unknown[])[]): Html {
  const head = headings.map((heading) => html`<th>${heading}</th>`);
  const body = rows.map(
    (cells) =>
      html`<tr>
        ${cells.map((cell) => html`<td>${cell}</td>`)}
      </tr>`,
  );
  const empty =
    rows.length === 0 &&
    html`<tr>
      <td>none</td>
    </tr>`;
  return html`<h2>${title}</h2>
    <table>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}${empty}
      </tbody>
    </table>`;
}

function accounts(world: World): Html {
  const balances = (account: string) =>
    currenciesOf(world, account).map((currency) => {
      const { available, pending } = balanceOf(world, account, currency);
      return `${money(available, currency)} available, ${money(pending, currency)} pending `;
    });
  const rows = latest(world, 'accounts').map((row) => [
    row.id,
    row.displayName ?? row.email,
    `transfers ${row.transfers}`,
    row.requirements.map(({ field }) => field).join(', '),
    balances(row.id),
  ]);
  const operator = [platformId, 'operator', '', '', balances(platformId)];
  return table('Accounts', ['Id', 'Name', 'State', 'Stripe asks for', 'Balance'], [operator, ...rows]);
}

function transfers(world: World): Html {
  const rows = latest(world, 'transfers').map((row) => [
    row.id,
    money(row.amount, row.currency),
    row.amount_reversed > 0 ? `${money(row.amount_reversed, row.currency)} reversed` : '',
    idOf(row.destination),
    row.transfer_group,
    new Date(row.created * 1000).toISOString(),
  ]);
  return table('Transfers', ['Id', 'Amount', 'Reversed', 'To', 'Group', 'Made'], rows);
}

function payments(world: World): Html {
  const rows = latest(world, 'payment_intents').map((row) => [
    row.id,
    money(row.amount, row.currency),
    row.status,
    row.last_payment_error?.code ?? '',
    row.transfer_group,
    new Date(row.created * 1000).toISOString(),
  ]);
  return table('Payment intents', ['Id', 'Amount', 'State', 'Error', 'Group', 'Made'], rows);
}

function events(world: World): Html {
  const rows = latest(world, 'events').map((row) => [
    row.id,
    row.type,
    row.account ?? '',
    new Date(row.created * 1000).toISOString(),
  ]);
  const waiting = world.store.size('deliveries');
  return table(`Events (${waiting} wait for delivery)`, ['Id', 'Type', 'Account', 'Made'], rows);
}

function requests(world: World): Html {
  const rows = latest(world, 'requests').map((row) => [
    row.id,
    `${row.method} ${row.path}`,
    row.status ?? '',
    row.errorCode,
    row.idempotencyKey,
    row.isReplay ? 'replayed' : row.fault,
  ]);
  return table('Requests', ['Id', 'What', 'Status', 'Error', 'Key', 'Remark'], rows);
}
