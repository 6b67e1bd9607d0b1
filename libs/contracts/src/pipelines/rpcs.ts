import { Type } from 'typebox'
import { rpc } from '../core/rpc.ts'
import { JobAssignment } from './shared.ts'

/** What lies on the work queue: enough to claim with, and no secret. Subject `plinth.jobs.<tag>`; `any` without tags. */
export const JobOffer = Type.Object({ job: Type.String(), attempt: Type.Integer(), project: Type.String() })

const Attempt = { job: Type.String(), attempt: Type.Integer(), runner: Type.String() }

/** The first runner to ask gets it; `claimed: false` where it was taken, canceled or given up: acknowledge and forget the offer. */
export const claimJob = rpc({
  service: 'pipelines',
  operation: 'claim-job',
  request: Type.Object(Attempt),
  response: Type.Union([
    Type.Object({ claimed: Type.Literal(true), assignment: JobAssignment }),
    Type.Object({ claimed: Type.Literal(false) }),
  ]),
})
/** Every 2 s while it runs; an attempt that is silent for 10 s is given up and offered again. `stop` says to kill it now. */
export const heartbeatJob = rpc({
  service: 'pipelines',
  operation: 'heartbeat-job',
  request: Type.Object(Attempt),
  response: Type.Object({ stop: Type.Optional(Type.Enum(['canceled', 'timeout', 'stale'])) }),
})
/** A piece of log, masked already. `offset` in bytes from the start of the attempt's log: a repeat is dropped, a gap refused with the offset wanted. */
export const appendJobLog = rpc({
  service: 'pipelines',
  operation: 'append-job-log',
  request: Type.Object({ ...Attempt, offset: Type.Integer({ minimum: 0 }), text: Type.String({ maxLength: 262_144 }) }),
  response: Type.Object({ nextOffset: Type.Integer() }),
})
/** The end of an attempt; only the current attempt's word counts, and only once. */
export const finishJob = rpc({
  service: 'pipelines',
  operation: 'finish-job',
  timeoutMs: 10_000,
  request: Type.Object({
    ...Attempt,
    outcome: Type.Enum(['success', 'failed', 'canceled', 'timeout', 'system_failure']),
    exitCode: Type.Optional(Type.Integer()),
    reason: Type.Optional(Type.String()),
    artifact: Type.Optional(Type.String({ description: 'The id that the upload answered' })),
    /** JUnit documents, as the job wrote them; the service parses them. */
    junit: Type.Array(Type.String({ maxLength: 5_000_000 }), { maxItems: 20 }),
    /** The other reports that are read, as the job wrote them; `name` is the path of the file. */
    reports: Type.Optional(
      Type.Array(
        Type.Object({
          kind: Type.Enum(['cobertura', 'jacoco', 'lcov', 'codequality', 'sarif']),
          name: Type.String({ maxLength: 4_096 }),
          text: Type.String({ maxLength: 5_000_000 }),
        }),
        { maxItems: 60 },
      ),
    ),
    dotenv: Type.Record(Type.String(), Type.String()),
  }),
  response: Type.Object({ accepted: Type.Boolean() }),
})

/** Core NATS nudge to all runners: subject below with { job, attempt }; the heartbeat repeats it if it is lost. */
export const jobStopSubject = 'plinth.notify.pipelines.job-stop'
