/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A template whose values are escaped unless they are HTML themselves; lists are joined. */
export function html(parts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  const text = parts.reduce((before, part, index) => before + shown(values[index - 1]) + part);
  return new Html(text);
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.map(shown).join('');
  if (value instanceof Html) return value.text;
  if (value === null || value === undefined || value === false) return '';
  return String(value).replaceAll(/[&<>"']/g, (sign) => escapes[sign] ?? sign);
}

const style = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1a1f36}
table{border-collapse:collapse;width:100%;margin-bottom:1.5rem}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #e3e8ee}
td.amount,th.amount{text-align:right;font-variant-numeric:tabular-nums}h2{font-size:1rem;margin:1.5rem 0 .3rem}
button{font:inherit;padding:.4rem 1rem;margin-right:.5rem}select{font:inherit;padding:.3rem}code{font-size:12px}`;

export function pageOf(title: string, body: Html, refreshSeconds?: number): string {
  const refresh =
    refreshSeconds === undefined ? '' : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        ${refresh}
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        ${body}
      </body>
    </html>`.text;
}

export const htmlHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
};
