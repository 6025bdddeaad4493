import { readFileSync } from 'node:fs';
import { ConfigError } from './config-error.js';
import { readMasterKey, settings } from './settings.js';

/** Known to everybody who has this program: what it encrypts is as good as in the clear, and a sandbox needs no more. */
const sandboxKey = Buffer.from('leadger-sandbox-is-not-a-secret!');

/** The keys that were given, or the one of the sandbox. Throws {@link ConfigError}: production does not start without. */
export function readMasterKeys(given: {
  readonly sandbox: boolean;
  readonly keys: readonly Buffer[] | undefined;
  readonly file: string | undefined;
}): readonly Buffer[] {
  const { sandbox, keys, file } = given;
  const [key, path] = [settings.masterKey.name, settings.masterKeyFile.name];
  if (keys !== undefined && file !== undefined)
    throw new ConfigError(`${key} and ${path} are both set: unset one of them.`);
  const found = keys ?? (file === undefined ? undefined : readFile(file));
  if (found !== undefined) {
    if (!sandbox && found.some((each) => each.equals(sandboxKey)))
      throw new ConfigError(`${key} is the key of the sandbox, which everybody knows: make one of your own.`);
    return found;
  }
  if (sandbox) return [sandboxKey];
  throw new ConfigError(
    `${key} is not set, and LEADGER_MODE is production: personal data is encrypted with it. Make one with "openssl rand -base64 32", keep it where backups do not go, and set ${key} or ${path}.`,
  );
}

function readFile(path: string): readonly Buffer[] {
  const keys = linesOf(path).map(readMasterKey);
  const valid = keys.flatMap((key) => key ?? []);
  if (valid.length === 0 || valid.length < keys.length)
    throw new ConfigError(
      `${settings.masterKeyFile.name} must be ${settings.masterKeyFile.expects}: correct it.`,
    );
  return valid;
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch {
    throw new ConfigError(`the file of ${settings.masterKeyFile.name} cannot be read: correct the path.`);
  }
}
