import type { Answer } from '../api/plinth.ts'
import { Card } from '../ui/page.tsx'

type Change = Answer<'planComponent'>['changes'][number]

const signs = {
  create: ['+', 'text-healthy', 'will be created'],
  update: ['~', 'text-degraded', 'will be changed'],
  delete: ['−', 'text-failed', 'will be deleted'],
  none: ['=', 'text-quiet', 'stays as it is'],
} as const

/** What will exist, change or go, with the fields before and after. */
export function PlanView({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0)
    return <Card className="p-4 text-quiet">Nothing changes: what is wanted is what is there.</Card>
  return (
    <Card>
      <ul>
        {changes.map(({ action, kind, name, summary, fields }) => {
          const [sign, colour, words] = signs[action]
          return (
            <li key={`${kind} ${name}`} className="border-b border-line px-4 py-3 last:border-0">
              <p className="flex gap-3">
                <span aria-hidden="true" className={`w-3 text-center font-mono font-semibold ${colour}`}>
                  {sign}
                </span>
                <span className="min-w-0 flex-1">
                  <span className="font-medium">{kind}</span> <code>{name}</code>{' '}
                  <span className="sr-only">{words}</span>
                  <span className="block text-sm text-quiet">{summary}</span>
                </span>
              </p>
              {fields.length > 0 && (
                <dl className="mt-1 ml-6 grid grid-cols-[minmax(0,max-content)_1fr] gap-x-4 font-mono text-xs">
                  {fields.map(({ path, before, after }) => (
                    <div key={path} className="contents">
                      <dt className="truncate text-quiet">{path}</dt>
                      <dd className="min-w-0 break-words">
                        {before !== undefined && <del className="text-failed">{before}</del>}{' '}
                        {after !== undefined && <ins className="text-healthy no-underline">{after}</ins>}
                      </dd>
                    </div>
                  ))}
                </dl>
              )}
            </li>
          )
        })}
      </ul>
    </Card>
  )
}
