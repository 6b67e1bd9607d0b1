// Alive, as the process itself says; readiness is the orchestrator's question, on /readyz.
const ports = {
  gateway: 8080,
  authorization: 8081,
  provisioning: 8082,
  gitops: 8083,
  schemas: 8084,
  pipelines: 8085,
  telemetry: 8086,
  runner: 8087,
}
const port = process.env.PLINTH_PORT ?? ports[process.env.PLINTH_SERVICE ?? 'gateway']
fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2500) })
  .then(({ ok }) => process.exit(ok ? 0 : 1))
  .catch(() => process.exit(1))
