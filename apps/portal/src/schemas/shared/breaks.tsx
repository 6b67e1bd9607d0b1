import type { Answer } from '../../api/plinth.ts'
import { pretty } from './layout-text.ts'

type Incompatibility = Answer<'checkCompatibility'>['incompatibilities'][number]

function Example({ example: { payload, validUnder } }: { example: NonNullable<Incompatibility['example']> }) {
  return (
    <details className="mt-2">
      <summary className="cursor-pointer text-quiet hover:text-ink">
        A message that the {validUnder} takes and the {validUnder === 'reader' ? 'writer' : 'reader'} does not
      </summary>
      <pre
        tabIndex={0}
        aria-label="Message"
        className="mt-1 max-h-60 overflow-auto rounded-md border border-line bg-ground p-2 text-xs"
      >
        {pretty(payload)}
      </pre>
    </details>
  )
}

/** Why one side can't read the other: the place, the rule, a message that shows it, and the way out. */
export function Breaks({ of }: { of: readonly Incompatibility[] }) {
  return (
    <ul className="flex flex-col gap-2 text-sm">
      {of.map(({ rule, path, writerPath, message, edit, example }) => (
        <li key={`${rule} ${path} ${message}`} className="rounded-md border border-line bg-surface px-3 py-2">
          <p>
            <code className="font-medium text-failed wrap-anywhere">{path === '' ? '/' : path}</code> {message}
          </p>
          <p className="text-xs text-quiet">
            <code>{rule}</code>
            {writerPath !== undefined && writerPath !== path && (
              <>
                {' · in what was written: '}
                <code className="wrap-anywhere">{writerPath === '' ? '/' : writerPath}</code>
              </>
            )}
          </p>
          {edit !== undefined && (
            <p className="mt-1">
              <span className="text-quiet">Passes if: </span>
              {edit}
            </p>
          )}
          {example && <Example example={example} />}
        </li>
      ))}
    </ul>
  )
}
