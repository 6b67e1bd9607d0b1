import { runService } from '@plinth/service'
import { pipelinesApp } from './app.ts'
import { readSettings } from './config.ts'

await runService(() => pipelinesApp({ config: readSettings() }))
