/** A worker that claims a key and never ends, as a process of its own, so that a test can kill or stop it. */
import { quietLogger } from '@plinth/testkit'
import { leasedQueue, openStore } from '../index.ts'

const [url = '', name = ''] = process.argv.slice(2)
const store = await openStore({ url, applicationName: 'worker', logger: quietLogger })
const queue = leasedQueue(store, {
  name,
  concurrency: 1,
  logger: quietLogger,
  handle: (key) => {
    process.stdout.write(`running ${key}\n`)
    return new Promise(() => undefined)
  },
})
await queue.start()
