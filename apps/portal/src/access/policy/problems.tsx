import { problemOf } from '../../api/problem.ts'
import { Status, StatusShape } from '../../ui/status.tsx'
import type { Checked } from './use-validation.ts'
import type { PolicyProblem } from './policy-editor.tsx'

const count = (number: number, one: string): string => `${number} ${number === 1 ? one : `${one}s`}`

/** In a word: is the text a policy, and how far is it from the one in force. */
export function Verdict({ checked: { state, answer, error } }: { checked: Checked }) {
  const said =
    state === 'failed' ? (
      <Status state="failed" text={problemOf(error).detail} />
    ) : answer === undefined ? (
      <Status state="progressing" text="Checking…" />
    ) : answer.valid ? (
      <Status state="healthy" text={answer.problems.length > 0 ? count(answer.problems.length, 'warning') : 'Valid'} />
    ) : (
      <Status
        state="failed"
        text={count(answer.problems.filter((one) => one.severity === 'error').length, 'problem')}
      />
    )
  return (
    <p role="status" className="flex flex-wrap items-center gap-3 text-sm">
      {said}
      {answer?.valid === true && (
        <span className="numeric text-quiet">
          {answer.diff.added.length + answer.diff.removed.length === 0 ? (
            'as in force'
          ) : (
            <>
              <span className="text-healthy">+{answer.diff.added.length}</span>{' '}
              <span className="text-failed">−{answer.diff.removed.length}</span> rows
            </>
          )}
        </span>
      )}
    </p>
  )
}

type Props = { problems: readonly PolicyProblem[]; onGo?: (line: number, column: number) => void }

/** What is wrong, by place; a press goes there. */
export function Problems({ problems, onGo }: Props) {
  if (problems.length === 0) return null
  return (
    <ul aria-label="Problems" className="mt-3 max-h-48 overflow-auto rounded-md border border-line bg-surface text-sm">
      {problems.map(({ line, column = 1, severity, message }, index) => (
        <li key={index} className="flex items-start gap-2 border-b border-line px-3 py-1.5 last:border-0">
          <StatusShape tone={severity === 'error' ? 'failed' : 'degraded'} className="mt-[3px]" />
          <span className="sr-only">{severity}</span>
          {line !== undefined &&
            (onGo ? (
              <button
                type="button"
                onClick={() => onGo(line, column)}
                className="numeric font-mono text-xs leading-5 text-accent hover:underline"
              >
                {line}:{column}
              </button>
            ) : (
              <span className="numeric font-mono text-xs leading-5 text-quiet">
                {line}:{column}
              </span>
            ))}
          <span className="min-w-0 flex-1 break-words">{message}</span>
        </li>
      ))}
    </ul>
  )
}
