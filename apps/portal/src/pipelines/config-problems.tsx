import type { Answer } from '../api/plinth.ts'

type Problems = Answer<'getPipeline'>['problems']

/** A file that could not be read as a pipeline, with each place. */
export function ConfigProblems({ problems }: { problems: Problems }) {
  if (problems.length === 0) return null
  return (
    <section
      role="alert"
      aria-label="Problems of the configuration"
      className="mb-6 rounded-md border border-failed bg-surface p-4"
    >
      <h2 className="font-semibold">The pipeline cannot run as it is written</h2>
      <ul className="mt-2 flex flex-col gap-1">
        {problems.map(({ file, line, column, message }) => (
          <li key={`${file}:${line}:${column} ${message}`}>
            <code className="text-failed">
              {file}:{line}:{column}
            </code>{' '}
            {message}
          </li>
        ))}
      </ul>
      <p className="mt-2 text-sm text-quiet">
        Mend the file and push again, or check it first: <code>plinth pipeline lint</code>
      </p>
    </section>
  )
}
