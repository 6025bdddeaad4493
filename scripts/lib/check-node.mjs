// Imported first by every command: an older Node would fail later, with a message about something else.
const least = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < least[0] || (major === least[0] && minor < least[1])) {
  console.error(
    `leadger: Node ${least.join('.')} or newer is needed and this is ${process.versions.node}: install the current LTS from https://nodejs.org.`,
  );
  process.exit(1);
}
