"use strict";

const path = require("node:path");
const { parseArgs } = require("node:util");
const { version } = require("../package.json");
const native = require("./native.js");

/** Wrong arguments, told in one line. */
class UsageError extends Error {}

/** Reads arguments; help and version are answered here, with undefined. */
function argumentsOf(usage, names, options) {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { ...options, help: { type: "boolean", short: "h" }, version: { type: "boolean", short: "V" } },
    });
  } catch (error) {
    throw new UsageError(error.message.split(". ")[0]);
  }
  const { values, positionals } = parsed;
  if (values.help || values.version) {
    console.log(values.help ? usage : version);
    return undefined;
  }
  const required = names.filter((name) => !name.startsWith("["));
  if (positionals.length < required.length) throw new UsageError(`${required[positionals.length]} is missing`);
  if (positionals.length > names.length) throw new UsageError(`${positionals[names.length]} is one argument too many`);
  return { values, positionals };
}

/** The number that an option gives, or undefined. */
function numberOf(name, text) {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text) || Number(text) === 0) {
    throw new UsageError(`--${name} is ${JSON.stringify(text)}: give a whole number above 0`);
  }
  return Number(text);
}

/**
 * Runs a program: exit code 0, 1 when something went wrong, 2 for wrong usage. A signal ends it as any other program, also
 * while its input is silent, and leaves no half of an output behind.
 */
async function run(main) {
  const program = path.basename(process.argv[1], ".js");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    // Listened to once: the second time it does what it does to every program.
    process.once(signal, () => {
      native.removeUnfinished();
      process.kill(process.pid, signal);
    });
  }
  try {
    await main();
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof RangeError;
    console.error(`${program}: ${error.message}`);
    if (isUsage) console.error(`See ${program} --help.`);
    process.exitCode = isUsage ? 2 : 1;
  }
}

module.exports = { UsageError, argumentsOf, numberOf, run };
