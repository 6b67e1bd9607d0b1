/**
 * A relay as a process of its own, so that a test can kill it. It publishes by appending to a file, one line an event,
 * as a broker would store them; the id is the first word.
 */
import { appendFileSync } from 'node:fs'
import { quietLogger } from '@plinth/testkit'
import { openStore, outboxRelay } from '../index.ts'

const [url = '', file = ''] = process.argv.slice(2)
const store = await openStore({ url, applicationName: 'relay', logger: quietLogger })
const relay = outboxRelay(
  store,
  async (events) => {
    for (const event of events) {
      appendFileSync(
        file,
        `${event.id} ${event.key} ${(JSON.parse(event.body) as { data: { step: number } }).data.step}\n`,
      )
      await new Promise((resolve) => setImmediate(resolve)) // so that a kill finds batches half published
    }
  },
  quietLogger,
)
await relay.start()
process.stdout.write('ready\n')
