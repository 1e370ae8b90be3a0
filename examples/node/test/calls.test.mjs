// The server in calls by the phone box, over real sockets; judged by what each side hears.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createServer } from "../server.mjs";
import { call, freePort } from "./phonebox.mjs";

const key = "a-key-that-must-not-show";

/** A server that ends with the test, and one call to it. */
async function hold(t, { through = "/voice", options = {}, ...scenario } = {}) {
  const modelPort = await freePort();
  const events = [];
  const app = createServer({
    apiKey: key,
    baseUrl: `http://127.0.0.1:${modelPort}`,
    model: "gemini-3.8-live",
    instruction: "Be brief.",
    onEvent: (event) => events.push(event),
    ...options,
  });
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  t.after(() => app.close());
  const url = through.startsWith("/media") ? origin.replace("http", "ws") + through : origin + through;
  const outcome = await call(url, { modelPort, ...scenario });
  return { ...outcome, told: events };
}

/**
 * Each side has heard so much of the other, as well as the line allows. Of a turn that was broken off hardly anything may
 * have come.
 */
function assertHeard({ score, warnings, stderr, call: { end } }, turns, utterances, broken = 0) {
  for (const [side, count] of [
    [score.to_caller, turns],
    [score.to_model, utterances],
  ]) {
    assert.equal(side.said, count);
    assert.ok(side.heard >= count - broken, `${side.heard} of ${count}`);
    assert.deepEqual([side.gaps, side.clicks, side.lost_ms], [0, 0, 0]);
    assert.ok(side.snr_db > side.best_snr_db - 0.1, `${side.snr_db} of ${side.best_snr_db} dB`);
  }
  assert.equal(warnings, 0);
  assert.equal(stderr, "");
  assert.equal(end, "caller_hung_up");
}

/** The server has ended the stream, and the TwiML goes on. */
function assertHungUpOn({ verbs, call: { end } }) {
  assert.deepEqual(verbs, ["Connect", "Say"]);
  assert.equal(end, "twiml_over");
}

const count = ({ events }, event) => events.filter((other) => other === event).length;

const asks = (milliseconds) => `
[[cue]]
after_agent_ms = ${milliseconds}
say = { voice = { ms = 700, seed = 1 } }

[[cue]]
after_agent_ms = 300
hang_up = true
`;
/** The same without waiting for a greeting. */
const asksAt = (milliseconds) => asks("").replace("after_agent_ms = \n", `at_ms = ${milliseconds}\n`);
const greetsAndAnswers = `
[timing]
latency_ms = 100

[[turn]]
when = "setup"
say = [{ clip = "agent-1" }]

[[turn]]
when = "caller_spoke"
say = [{ clip = "agent-3" }]
`;
/** Hangs up without having heard anything. */
const leaves = (milliseconds) => `
[[cue]]
at_ms = 100
say = { voice = { ms = 200, seed = 1 } }

[[cue]]
at_ms = ${milliseconds}
hang_up = true
`;

describe("a call by the phone box", { concurrency: 5, timeout: 100_000 }, () => {
  test("the caller interrupts, and the call outlives the model's connection", async (t) => {
    const outcome = await hold(t);
    assertHeard(outcome, 3, 2);
    assert.deepEqual(outcome.events, [
      "bridge answers",
      "model ready",
      "model leaves in 9 s",
      "model goes on",
      "model interrupted",
      "bridge stops the agent",
      "caller hangs up",
    ]);
    const [{ reaction_ms }] = outcome.score.barge_ins;
    assert.ok(reaction_ms < 1_500, `${reaction_ms} ms`); // The turn had 2 s to go.
    // Marks that `clear` has thrown away do not say that anything was heard.
    const heard = outcome.told.filter(({ event }) => event === "heard");
    assert.deepEqual([...new Set(heard.map(({ generation }) => generation))], [0, 1]);
    const last = heard.filter(({ generation }) => generation === 1).at(-1);
    assert.ok(last.milliseconds > 1_500 && last.milliseconds < 2_500, `${last.milliseconds} ms`);
  });

  test("messages end inside samples, or say everything at once", async (t) => {
    const behaviour = `faults.odd_bytes = true${greetsAndAnswers}one_message = true`;
    assertHeard(await hold(t, { behaviour, caller: asks(300) }), 2, 1);
  });

  test("what waits is thrown away when the model is interrupted", async (t) => {
    const outcome = await hold(t, {
      behaviour: `faults.phantom_interruption = 1${greetsAndAnswers}`,
      caller: asksAt(1_500),
    });
    assertHeard(outcome, 2, 1, 1);
    assert.deepEqual(outcome.events.slice(2, 4), ["model interrupted", "bridge stops the agent"]);
  });

  for (const [event, fault] of [
    ["model connection cut", "cut_at_ms = 2600"],
    ["model closes with 1011", 'close = { code = 1011, reason = "Internal error", at_ms = 2600 }'],
  ]) {
    test(`a lost connection is taken up again: ${event}`, async (t) => {
      const behaviour = `[faults]\nconnections = [1]\n${fault}\n${greetsAndAnswers}`;
      const outcome = await hold(t, { behaviour, caller: asks(1_500) });
      assertHeard(outcome, 2, 1);
      assert.deepEqual(outcome.events.slice(1, 4), ["model ready", event, "model goes on"]);
    });
  }

  test("a refused handle begins afresh", async (t) => {
    const fault = "[faults]\nconnections = [1, 2]\nclose = { code = 1011, at_ms = 2600 }\nrefuse_handles = true\n";
    const behaviour = fault + greetsAndAnswers;
    const outcome = await hold(t, { behaviour, caller: asks(1_500) });
    assertHeard(outcome, 3, 1);
    const begin = ["model ready", "model closes with 1011", "model closes with 1007", "model ready"];
    assert.deepEqual(outcome.events.slice(1, 5), begin);
  });

  test("when no model can be reached the TwiML goes on; the log tells why, and not the key", async (t) => {
    let log = "";
    const logger = { stream: { write: (line) => (log += line) } };
    const behaviour = `faults.close_at_setup = { code = 1008, reason = "no quota for ${key}" }`;
    const outcome = await hold(t, { behaviour, options: { logger, onEvent: undefined, firstPause: 1 } });
    assertHungUpOn(outcome);
    assert.equal(count(outcome, "model closes with 1008"), 5);
    const lines = log.split("\n").filter(Boolean).map(JSON.parse);
    const { level, err } = lines.find(({ event }) => event === "failed");
    assert.equal(level, 50);
    assert.match(err.message, /1008.*no quota for …/);
    assert.ok(!log.includes(key));
  });

  test("a model that accepts and then closes is given up too", async (t) => {
    const outcome = await hold(t, {
      behaviour: "faults.close = { code = 1011, at_ms = 50 }",
      options: { firstPause: 1 },
    });
    assertHungUpOn(outcome);
    assert.equal(count(outcome, "model ready"), 5);
    const failed = outcome.told.filter(({ event }) => event === "failed");
    assert.equal(failed.length, 1);
    assert.match(failed[0].err.message, /1011/);
  });

  for (const [what, options, behaviour] of [
    ["has held", { steady: 0 }, ""],
    ["brought an answer", {}, '[[turn]]\nwhen = "setup"\nsay = [{ tone = { hz = 440.0, ms = 40 } }]\n'],
  ]) {
    test(`a connection that ${what} is no failed attempt`, async (t) => {
      const fault = "faults = { close = { code = 1011, at_ms = 200 }, refuse_handles = true }\ntiming.latency_ms = 0\n";
      const outcome = await hold(t, { behaviour: fault + behaviour, caller: leaves(4_000), options });
      assert.equal(outcome.call.end, "caller_hung_up");
      assert.ok(count(outcome, "model ready") > 6, String(outcome.events));
      assert.deepEqual(
        outcome.told.filter(({ event }) => event === "failed"),
        [],
      );
    });
  }

  test("a model that never answers is given up after the time limit", async (t) => {
    const outcome = await hold(t, {
      behaviour: "faults.never_ready = true",
      options: { connectLimit: 100, firstPause: 1 },
    });
    assertHungUpOn(outcome);
    const { err } = outcome.told.find(({ event }) => event === "failed");
    assert.match(err.message, /not answered within 100 ms/);
  });

  test("who hangs up ends a connection that is being made", async (t) => {
    const outcome = await hold(t, {
      behaviour: "faults.never_ready = true",
      caller: leaves(500),
      options: { connectLimit: 3_600_000, closing: 1 },
    });
    assert.equal(outcome.call.end, "caller_hung_up");
    assert.deepEqual(
      outcome.told.map(({ event }) => event),
      ["started", "ended"],
    );
  });

  test("what is no message ends the stream", async (t) => {
    const line = '[[faults]]\nat_ms = 200\nkind = "malformed"';
    assertHungUpOn(await hold(t, { line, behaviour: greetsAndAnswers }));
  });

  test("a message that is too long ends the stream", async (t) => {
    assertHungUpOn(await hold(t, { line: '[[faults]]\nat_ms = 200\nkind = "huge"', behaviour: greetsAndAnswers }));
  });

  test("a second start is none: one stream has one session", async (t) => {
    const line = '[[faults]]\nat_ms = 200\nkind = "second_start"';
    const outcome = await hold(t, { line, behaviour: greetsAndAnswers, caller: asks(300) });
    assert.equal(count(outcome, "model ready"), 1);
    assert.equal(outcome.score.to_caller.heard, 2);
    assert.deepEqual(
      outcome.told.map(({ event }) => event).filter((event) => event !== "heard"),
      ["started", "ended"],
    );
  });

  test("a socket that starts nothing is closed", async (t) => {
    const outcome = await hold(t, { line: 'opening = "not_started"', options: { startLimit: 100 } });
    assertHungUpOn(outcome);
    assert.equal(count(outcome, "model ready"), 0);
  });

  test("a stream that was not announced is refused", async (t) => {
    const outcome = await hold(t, { through: "/media" });
    assert.equal(outcome.call.end, "stream_closed");
    assert.equal(count(outcome, "model ready"), 0);
  });

  test("only Twilio may announce a call", async (t) => {
    const options = { authToken: "right" };
    const behaviour = greetsAndAnswers;
    assertHeard(await hold(t, { options, behaviour, caller: asks(300), token: "right" }), 2, 1);
    const stranger = await hold(t, { options, behaviour, token: "wrong" });
    assert.deepEqual(
      stranger.call.requests.map(({ status }) => status),
      [403],
    );
    assert.deepEqual(stranger.call.streams, []);
  });
});
