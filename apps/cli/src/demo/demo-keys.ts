import { CommandError } from '../command.js';
import { readDemoFile } from '../demo-file.js';

/** What the demo needs of the file that seeding writes. */
export interface DemoKeys {
  readonly graphqlUrl: string;
  readonly agency: { readonly id: string; readonly apiKey: string };
  readonly buyer: { readonly id: string; readonly apiKey: string };
  /** Another one, who fetches its leads through the API. */
  readonly otherBuyer: { readonly id: string; readonly apiKey: string };
  readonly preparer: { readonly apiKey: string };
  readonly approver: { readonly apiKey: string };
}

/** Throws a {@link CommandError} when the file, or anything of it, is not there. */
export function readDemoKeys(file: string): DemoKeys {
  const { graphqlUrl, organizations, users } = readDemoFile(file);
  const given = (text: string | undefined): string => {
    if (text) return text;
    throw new CommandError(
      `${file} does not hold the demo keys: start the sandbox with npm start, which writes them.`,
    );
  };
  return {
    graphqlUrl: given(graphqlUrl),
    agency: { id: given(organizations?.agency?.id), apiKey: given(organizations?.agency?.apiKey) },
    buyer: { id: given(organizations?.buyer?.id), apiKey: given(organizations?.buyer?.apiKey) },
    otherBuyer: {
      id: given(organizations?.otherBuyer?.id),
      apiKey: given(organizations?.otherBuyer?.apiKey),
    },
    preparer: { apiKey: given(users?.preparer?.apiKey) },
    approver: { apiKey: given(users?.approver?.apiKey) },
  };
}
