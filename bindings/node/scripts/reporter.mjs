// Tells what tests did in the words of `cargo test`, which `cargo xtask` counts.
export default async function* reporter(events) {
  let [passed, failed] = [0, 0];
  for await (const { type, data } of events) {
    if (type === "test:pass") {
      passed++;
      yield `test ${data.name} ... ok\n`;
    } else if (type === "test:fail") {
      failed++;
      const { cause } = data.details.error;
      yield `test ${data.name} ... FAILED\n${cause?.stack ?? cause ?? data.details.error.stack}\n`;
    }
  }
  yield `test result: ${failed === 0 ? "ok" : "FAILED"}. ${passed} passed; ${failed} failed;\n`;
}
