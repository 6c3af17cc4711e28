// What the JavaScript peers share; see pace.py.
const readline = require('node:readline')

const USERS = 1000
const PADDING = '.'.repeat(140)

// Nanoseconds of CLOCK_MONOTONIC, which in Bun are not those of process.hrtime.
let offset = 0n
if (process.versions.bun) {
  const { dlopen } = require('bun:ffi')
  const { symbols } = dlopen('libc.so.6', { clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' } })
  const time = new BigInt64Array(2)
  symbols.clock_gettime(1, time)
  offset = time[0] * 1_000_000_000n + time[1] - process.hrtime.bigint()
}

function event() {
  const at = (process.hrtime.bigint() + offset).toString(16).padStart(16, '0')
  return {
    t: 'ev',
    seq: 1058,
    type: 'goal.updated',
    id: 'goal_0193a1c27f3a',
    ver: 7,
    title: `<>${at}${PADDING}`,
    at: '2026-11-23T18:59:59.870Z',
  }
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}

function pace(publish, events, intervalNs) {
  const begin = process.hrtime.bigint()
  let number = 0
  function tick() {
    const passed = Number(process.hrtime.bigint() - begin)
    const due = Math.min(events, Math.floor(passed / intervalNs) + 1)
    while (number < due) publish(number++)
    if (number < events) {
      const ms = Math.floor((number * intervalNs - passed) / 1e6)
      setTimeout(tick, Math.max(1, ms))
    } else {
      say({})
    }
  }
  tick()
}

function obey(broadcast, unicast) {
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const [command, events, intervalNs] = line.split(' ')
    const publish =
      command === 'broadcast' ? () => broadcast(event()) : (n) => unicast(n % USERS, event())
    pace(publish, Number(events), Number(intervalNs))
  }).on('close', () => process.exit(0))
}

module.exports = { obey, say }
