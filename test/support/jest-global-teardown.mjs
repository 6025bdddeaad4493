export default async function tearDown() {
  await globalThis.leadgerTestServer?.stop();
}
