import { problemOf, type Shown } from '../api/problem.ts'
import { Button } from './button.tsx'
import { CopyButton } from './copy.tsx'
import { StatusShape } from './status.tsx'

/** What to send to whoever can give it. */
const askFor = ({ required, requestId }: Shown): string => {
  const what = required ? `${required.action} on ${required.object} in ${required.domain}` : 'this'
  const role = required?.role === undefined ? '' : ` (role ${required.role} has it)`
  return `Please give me the right to ${what}${role}.${requestId === undefined ? '' : ` Request ${requestId}.`}`
}

function Missing({ problem }: { problem: Shown }) {
  const { required } = problem
  if (!required) return null
  return (
    <div className="mt-2 rounded-md border border-line bg-ground p-2 text-sm">
      <p>
        Missing: <code className="text-ink">{required.action}</code> on <code>{required.object}</code> in{' '}
        <code>{required.domain === '*' ? 'the whole platform' : required.domain}</code>
      </p>
      <p className="text-quiet">
        {required.role === undefined
          ? `A lead of ${required.domain === '*' ? 'the platform' : required.domain} can give it.`
          : `The role ${required.role} has it; whoever leads ${required.domain === '*' ? 'the platform' : required.domain} can give it.`}
      </p>
      <div className="mt-1 -ml-2">
        <CopyButton text={askFor(problem)} label="Copy a request for it" />
      </div>
    </div>
  )
}

/** What happened, where, what is missing, and the request id. */
export function ProblemBody({ problem }: { problem: Shown }) {
  return (
    <>
      <p className="text-quiet">{problem.detail}</p>
      {problem.errors.length > 0 && (
        <ul className="mt-1 list-disc pl-4">
          {problem.errors.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              {path !== '' && <code className="text-ink">{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      <Missing problem={problem} />
      <p className="mt-1 text-xs text-quiet">
        <code>{problem.code}</code>
        {problem.requestId !== undefined && (
          <>
            {' · request '}
            <code className="break-all">{problem.requestId}</code>
          </>
        )}
      </p>
    </>
  )
}

export function ProblemView({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const problem = problemOf(error)
  return (
    <div role="alert" className="flex gap-3 rounded-md border border-line bg-surface p-4">
      <StatusShape tone={problem.status === 403 ? 'degraded' : 'failed'} size={16} className="mt-0.5" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{problem.title}</p>
        <ProblemBody problem={problem} />
        {onRetry && (
          <Button small className="mt-3" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  )
}
