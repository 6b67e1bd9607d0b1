/** A score.yaml that fits the schema; only what this platform reads is named. */
type Probe = {
  httpGet?: { path: string; port: number; scheme?: string; host?: string }
  exec?: { command: string[] }
}

export type Container = {
  image: string
  command?: string[]
  args?: string[]
  variables?: Record<string, string>
  files?: unknown
  volumes?: unknown
  before?: Record<string, unknown>
  resources?: { limits?: { memory?: string; cpu?: string } }
  livenessProbe?: Probe
  readinessProbe?: Probe
}

type ScoreResource = { type: string; class?: string; id?: string; params?: Record<string, unknown> }

export type Score = {
  metadata: { name: string; annotations?: Record<string, string> } & Record<string, unknown>
  service?: { ports?: Record<string, { port: number; targetPort?: number }> }
  containers: Record<string, Container>
  resources?: Record<string, ScoreResource>
}
