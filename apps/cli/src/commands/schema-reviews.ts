import { schemaReviewStates, type SchemaReviewState } from '@plinth/contracts'
import { Option, type Command } from 'commander'
import pc from 'picocolors'
import { wholeNumber } from '../arguments.ts'
import { exitCode } from '../exit-codes.ts'
import { ago, show, table, type Output } from '../output.ts'
import { allOf } from '../pages.ts'
import { reviewText } from '../schema-text.ts'
import { CliError } from '../cli-error.ts'
import { connect, type Api } from '../session.ts'
import { projectFrom } from '../target.ts'

type Project = { project?: string }
type ReviewParams = { project: string; subject: string; review: string }
type Summary = Awaited<ReturnType<Api['approveSchemaReview']>>

const searchedMax = 2_000

/** A review by its subject and id, by its id alone, or by the link that a refusal names. */
export async function reviewFrom(
  api: Pick<Api, 'listSchemaReviews'>,
  first: string,
  second: string | undefined,
  given: string | undefined,
): Promise<ReviewParams> {
  const [, project, subject, review] = /\/projects\/([^/]+)\/schemas\/([^/]+)\/reviews\/([^/?#\s]+)/.exec(first) ?? []
  if (project !== undefined && subject !== undefined && review !== undefined)
    return { project, subject: decodeURIComponent(subject), review }
  const here = projectFrom(given)
  if (second !== undefined) return { project: here, subject: first, review: second }
  const { items } = await allOf((query) => api.listSchemaReviews({ params: { project: here }, query }), searchedMax)
  const found = items.find(({ id }) => id === first)
  if (found !== undefined) return { project: here, subject: found.subject, review: first }
  throw new CliError(
    `${here} has no review '${first}'. \`plinth schema review list --project ${here}\` shows those that there are.`,
    exitCode('notFound'),
  )
}

const decidedText = ({ subject, state, url, expiresAt }: Summary): string =>
  state === 'approved'
    ? `${pc.green('●')} ${subject}: approved${expiresAt ? ` until ${expiresAt}` : ''}. The very same registration succeeds now, once.`
    : `${pc.red('■')} ${subject}: ${state} ${pc.dim(url)}`

function lookCommands(review: Command, output: () => Output): void {
  review
    .command('list', { isDefault: true })
    .description('breaking schemas that were refused and wait for somebody, or had an answer')
    .option('--project <name>')
    .option('--subject <name>')
    .addOption(new Option('--state <state>').choices(schemaReviewStates))
    .option('--limit <n>', 'how many', wholeNumber, 50)
    .action(async (options: Project & { subject?: string; state?: SchemaReviewState; limit: number }) => {
      const { subject, state, limit } = options
      const params = { project: projectFrom(options.project) }
      const asked = { ...(subject !== undefined && { subject }), ...(state !== undefined && { state }) }
      const api = connect()
      const { items } = await allOf((query) => api.listSchemaReviews({ params, query: { ...asked, ...query } }), limit)
      show(output(), { items }, () =>
        items.length === 0
          ? 'No reviews.'
          : table(
              ['ID', 'SUBJECT', 'STATE', 'ASKED BY', 'AGE', 'BREAKS'],
              items.map((one) => [one.id, one.subject, one.state, one.askedBy, ago(one.askedAt), one.summary]),
            ),
      )
    })
  review
    .command('show <subject-or-link> [review]')
    .description('what it would break, and the difference')
    .option('--project <name>')
    .action(async (first: string, second: string | undefined, options: Project) => {
      const api = connect()
      const params = await reviewFrom(api, first, second, options.project)
      show(output(), await api.getSchemaReview({ params }), reviewText)
    })
}

export function schemaReviewCommands(schema: Command, output: () => Output): void {
  const review = schema.command('review').description('reviews of breaking schemas: list, show, approve, refuse')
  lookCommands(review, output)
  review
    .command('approve <subject-or-link> [review]')
    .description('let the very same registration succeed, once; not by those who tried it')
    .option('--project <name>')
    .requiredOption('--reason <text>', 'why; kept in the ledger')
    .option('--hours <n>', 'how long the approval holds; seven days unless given', wholeNumber)
    .action(
      async (first: string, second: string | undefined, options: Project & { reason: string; hours?: number }) => {
        const api = connect()
        const params = await reviewFrom(api, first, second, options.project)
        const { reason, hours } = options
        const body = { reason, ...(hours !== undefined && { expiresInHours: hours }) }
        show(output(), await api.approveSchemaReview({ params, body }), decidedText)
      },
    )
  review
    .command('refuse <subject-or-link> [review]')
    .description('refuse it for good, or take back an approval that was not used')
    .option('--project <name>')
    .requiredOption('--reason <text>', 'why; kept in the ledger')
    .action(async (first: string, second: string | undefined, options: Project & { reason: string }) => {
      const api = connect()
      const params = await reviewFrom(api, first, second, options.project)
      show(output(), await api.rejectSchemaReview({ params, body: { reason: options.reason } }), decidedText)
    })
}
