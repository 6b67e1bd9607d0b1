import type { RpcRequest, setWorkload } from '@plinth/contracts'

/** A score.yaml with a database and a route, and whatever a test puts in their place. */
export const scoreText = ({
  name = 'ledger',
  produces = '',
  consumes = '',
  replicas = 1,
  resources = '  database: { type: postgres }\n  web: { type: route, params: { port: 8080 } }',
} = {}): string => `
apiVersion: score.dev/v1b1
metadata:
  name: ${name}
  annotations:
    plinth.dev/produces: "${produces}"
    plinth.dev/consumes: "${consumes}"
    plinth.dev/replicas: "${replicas}"
containers:
  main:
    image: "."
    command: [node, src/main.js]
    variables:
${resources.includes('database:') ? '      PGPASSWORD: ${resources.database.password}\n      PGUSER: ${resources.database.username}\n      PGHOST: ${resources.database.host}\n      PGPORT: ${resources.database.port}\n      PGDATABASE: ${resources.database.name}' : '      PLAIN: "1"'}
    readinessProbe: { httpGet: { path: /healthz, port: 8080 } }
resources:
${resources}
`

type Desired = RpcRequest<typeof setWorkload>

export const desired = (over: Partial<Desired> = {}): Desired => ({
  project: 'payments', environment: 'development', workload: 'ledger', component: 'ledger', deployment: 'dep_1', revision: '1'.repeat(40),
  score: scoreText(), artifact: { id: 'art_1', job: 'job_1', sha256: 'b'.repeat(64), sizeBytes: 10 }, actor: 'user:ana', ...over,
}) // prettier-ignore
