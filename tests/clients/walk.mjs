/** A device on a real server: it writes, is cut and hops, and says in the end what it holds. */

/**
 * Walk over *transports*; `say` gets "ready" when everything is written, and then what is held once
 * a goal called *last* is there.
 */
export async function walk(device, transports, last, say) {
  await device.start().until((one) => one.live);
  const statuses = [];
  for (const transport of transports) {
    device.hop({ transport });
    await device.until((one) => one.state === "live");
    const writing = device.mutate("POST", "/v1/goals", { title: `over ${transport}\u2028` });
    device.cut();
    statuses.push((await writing).status);
  }
  say("ready");
  await device.until((one) => Object.values(one.documents.goal).some(({ title }) => title === last));
  await device.until((one) => one.live);
  const { documents, seq, gaps, repeats, resets, applied } = device;
  const { mismatches } = device.own;
  device.stop();
  const counts = { seq, gaps, repeats, resets, mismatches, statuses, applied: [...applied] };
  say(JSON.stringify({ documents, ...counts }));
}
