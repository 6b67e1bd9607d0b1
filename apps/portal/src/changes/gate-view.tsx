import type { Answer } from '../api/plinth.ts'
import { StatusShape } from '../ui/status.tsx'

type Gate = Answer<'checkDeployment'>

/** The schema gate's word: whether what it says and hears fits what is deployed, and if not, whom it breaks. */
export function GateView({ gate }: { gate: Gate }) {
  return (
    <div className="rounded-md border border-line bg-surface p-4">
      <p className="flex items-center gap-2 font-medium">
        <StatusShape tone={gate.allowed ? 'healthy' : 'failed'} size={16} />
        {gate.allowed
          ? 'Its schemas fit everything that is deployed there'
          : 'Its schemas break what is deployed there'}
      </p>
      {gate.reasons.length > 0 && (
        <ul className="mt-2 ml-6 flex flex-col gap-2 text-sm">
          {gate.reasons.map(({ subject, version, path, message, consumers }) => (
            <li key={`${subject} ${version} ${path} ${message}`}>
              <code>
                {subject} v{version} {path}
              </code>
              <span className="block">{message}</span>
              {consumers.length > 0 && <span className="block text-quiet">Breaks {consumers.join(', ')}</span>}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
