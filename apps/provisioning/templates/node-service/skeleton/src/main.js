import { openEntries } from './entries.js'
import { createApp } from './app.js'

const entries = await openEntries()
const server = createApp(entries)
server.listen(Number(process.env.PORT ?? 8080), process.env.HOST ?? '127.0.0.1', () => {
  console.log(JSON.stringify({ level: 'info', msg: 'listening', port: server.address().port }))
})

// Stop taking requests, finish those under way, then let go of the database.
process.once('SIGTERM', () => {
  server.close(async () => {
    await entries.close()
    process.exit(0)
  })
  server.closeIdleConnections()
})
