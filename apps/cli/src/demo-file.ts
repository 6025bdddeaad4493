import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export interface DemoOrganization {
  readonly id: string;
  readonly apiKey: string;
}

export interface DemoPerson {
  readonly email: string;
  readonly password: string;
  readonly apiKey: string;
}

/** `.leadger/demo.json`: names that are relied on from outside. Further keys may come, none of these may go. */
export interface DemoFile {
  readonly graphqlUrl: string;
  /** Null until there is a console. */
  readonly consoleUrl: string | null;
  /** Its page shows accounts, balances and events; null where there is no Stripe sandbox. */
  readonly stripeSandboxUrl: string | null;
  readonly organizations: {
    readonly agency: DemoOrganization;
    readonly buyer: DemoOrganization;
    /** Buys what the other one does not want. */
    readonly otherBuyer: DemoOrganization;
    readonly operator: { readonly id: string };
  };
  readonly users: {
    readonly preparer: DemoPerson;
    readonly approver: DemoPerson;
    /** Whom large amounts need beside the approver. */
    readonly secondApprover: DemoPerson;
    readonly admin: DemoPerson;
  };
}

/** What a file may still have of it after somebody edited it. */
type Partly<T> = { readonly [K in keyof T]?: T[K] extends object ? Partly<T[K]> : T[K] };

/** What is there; empty when there is none or it cannot be read as JSON. */
export function readDemoFile(file: string): Partly<DemoFile> {
  try {
    const content: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    return typeof content === 'object' && content !== null ? content : {};
  } catch {
    return {};
  }
}

/** Writes it whole or not at all, readable by its owner only: there are keys in it. */
export function writeDemoFile(file: string, content: DemoFile): void {
  fs.mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  fs.writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  fs.renameSync(temporary, file);
}
