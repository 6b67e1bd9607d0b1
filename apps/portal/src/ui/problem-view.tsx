import { problemOf, type Shown } from '../api/problem.ts'
import { Button } from './button.tsx'
import { Missing } from './missing.tsx'
import { StatusShape } from './status.tsx'

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
      {problem.required && <Missing {...problem.required} />}
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
