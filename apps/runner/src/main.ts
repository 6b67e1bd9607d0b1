import { createLogger, runService } from '@plinth/service'
import { runnerApp } from './app.ts'
import { readRunnerConfig } from './config.ts'

await runService(async () => {
  const config = readRunnerConfig()
  return runnerApp(config, createLogger({ service: 'runner', level: config.logLevel }))
})
