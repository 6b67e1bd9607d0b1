import pc from 'picocolors'
import type { Api } from './session.ts'
import { ago, count, table } from './output.ts'

type Verdict = Awaited<ReturnType<Api['checkCompatibility']>>
type Lint = Awaited<ReturnType<Api['lintSchema']>>
type Gate = Awaited<ReturnType<Api['checkDeployment']>>
type Impact = Awaited<ReturnType<Api['analyzeImpact']>>
type Review = Awaited<ReturnType<Api['getSchemaReview']>>
type Documentation = Awaited<ReturnType<Api['getSchemaDocumentation']>>
type Incompatibility = Verdict['incompatibilities'][number]

const shownMax = 50
const more = (items: readonly unknown[]): string[] =>
  items.length > shownMax ? [pc.dim(`  … and ${items.length - shownMax} more; --json has all`)] : []

/** Where, what and by which rule; below it a payload that shows it, and the smallest change that would pass. */
function incompatibilityText({ path, message, rule, edit, example }: Incompatibility): string[] {
  return [
    `  ${pc.bold(path || '/')} ${message} ${pc.dim(rule)}`,
    ...(example ? [pc.dim(`      only the ${example.validUnder} takes ${example.payload}`)] : []),
    ...(edit ? [`      ${pc.cyan('mend:')} ${edit}`] : []),
  ]
}
export const incompatibilitiesText = (found: readonly Incompatibility[]): string[] => [
  ...found.slice(0, shownMax).flatMap(incompatibilityText),
  ...more(found),
]

export const findingsText = (findings: Lint['findings']): string[] => [
  ...findings
    .slice(0, shownMax)
    .map(
      ({ severity, path, message, rule }) =>
        `  ${severity === 'error' ? pc.red('■') : pc.yellow('▲')} ${path === '' ? '' : `${pc.bold(path)} `}${message} ${pc.dim(rule)}`,
    ),
  ...more(findings),
]

export function verdictText(subject: string, { compatible, level, against, incompatibilities }: Verdict): string[] {
  return compatible
    ? [
        `${pc.green('●')} ${subject}: compatible ${pc.dim(against ? `(${level}, with version ${against})` : level === 'NONE' ? '(NONE: nothing is compared)' : '(the first version)')}`,
      ]
    : [
        `${pc.red('■')} ${subject}: not compatible with version ${against} ${pc.dim(`(${level})`)}`,
        ...incompatibilitiesText(incompatibilities),
      ]
}

export function gateText(what: string, { allowed, reasons, override }: Gate): string {
  const head = override
    ? `${pc.yellow('▲')} ${what}: let through against its verdict by ${override.by} until ${override.expiresAt} ${pc.dim(`(${override.reason})`)}`
    : allowed
      ? `${pc.green('●')} ${what}: it fits`
      : `${pc.red('■')} ${what}: the gate refuses it`
  const told = reasons.flatMap(({ subject, version, path, message, rule, edit, other, example }) => [
    `  ${pc.bold(`${subject} version ${version}`)}${path === '' ? '' : ` at ${path}`} ${pc.dim(rule ?? '')}`,
    `      ${message}`,
    ...(example ? [pc.dim(`      only the ${example.validUnder} takes ${example.payload}`)] : []),
    ...(other?.owner ? [`      talk to ${pc.bold(other.owner)}, who owns ${other.component}`] : []),
    ...(edit && !message.includes(edit) ? [`      ${pc.cyan('mend:')} ${edit}`] : []),
  ])
  return [head, ...told].join('\n')
}

export function impactText({ subject, breaks, summary, registration, items, owners, hidden }: Impact): string {
  const rows = items
    .slice(0, shownMax)
    .map((one) => [
      one.breaks ? pc.red('■ breaks') : pc.green('● stays'),
      `${one.project}/${one.component}`,
      one.environment,
      `${one.side} ${one.version}`,
      String(one.replicas),
      one.owner ?? '-',
    ])
  const why = items.flatMap((one) =>
    one.breaks && one.reasons.length > 0
      ? [
          `${pc.bold(`${one.project}/${one.component}`)} in ${one.environment}: ${one.summary}`,
          ...incompatibilitiesText(one.reasons),
        ]
      : [],
  )
  return [
    `${breaks ? pc.red('■') : pc.green('●')} ${summary}`,
    ...(registration && !registration.compatible ? verdictText(subject, registration).slice(0, 1) : []),
    ...(rows.length > 0
      ? ['', table(['', 'COMPONENT', 'ENVIRONMENT', 'VERSION', 'REPLICAS', 'OWNER'], rows), ...more(items)]
      : []),
    ...(why.length > 0 ? ['', ...why] : []),
    ...(owners.length > 0 ? ['', `Talk to ${owners.join(', ')}.`] : []),
    ...(hidden.instances > 0
      ? [
          pc.dim(
            `${count(hidden.instances, 'more component')} of projects that you may not see, ${hidden.breaking} of which would break`,
          ),
        ]
      : []),
  ].join('\n')
}

/** Lines as `diff` shows them, without what is the same far from any change. */
export function linesText(lines: Review['diff'], around = 2): string[] {
  const near = new Set<number>()
  for (const [index, { kind }] of lines.entries())
    if (kind !== 'same') for (let at = index - around; at <= index + around; at++) near.add(at)
  const shown: string[] = []
  for (const [index, { kind, text }] of lines.entries()) {
    if (!near.has(index)) continue
    if (index > 0 && !near.has(index - 1)) shown.push(pc.dim('  …'))
    shown.push(kind === 'added' ? pc.green(`+ ${text}`) : kind === 'removed' ? pc.red(`- ${text}`) : `  ${text}`)
  }
  return shown
}

export function reviewText(review: Review): string {
  const {
    id,
    subject,
    state,
    against,
    level,
    askedBy,
    askedAt,
    attempts,
    decidedBy,
    decidedAt,
    reason,
    affected,
    hidden,
  } = review
  const breaking = affected.filter(({ breaks }) => breaks)
  return [
    `${pc.bold(subject)}  ${state}${against === undefined ? '' : ` · against version ${against}`} ${pc.dim(level)}`,
    pc.dim(`${id} · ${askedBy}, ${ago(askedAt)}${attempts > 1 ? ` · tried ${attempts} times` : ''} · ${review.url}`),
    ...(decidedBy
      ? [`${state === 'rejected' ? pc.red('■') : pc.green('●')} ${decidedBy}, ${ago(decidedAt)}: ${reason ?? ''}`]
      : []),
    ...(review.version ? [`registered as version ${review.version}`] : []),
    '',
    ...incompatibilitiesText(review.incompatibilities),
    '',
    ...linesText(review.diff),
    '',
    breaking.length + hidden.breaking === 0
      ? `${pc.green('●')} nothing that is deployed would break`
      : `${pc.red('■')} would break ${count(breaking.length + hidden.breaking, 'deployed component')}${hidden.breaking > 0 ? `, ${hidden.breaking} of them of projects that you may not see` : ''}`,
    ...breaking.map(
      (one) =>
        `  ${one.project}/${one.component} in ${one.environment} (${one.side} version ${one.version}): ${one.message ?? ''}`,
    ),
    ...(state === 'pending' && !review.mayDecide ? [pc.dim('You tried to register it: somebody else decides.')] : []),
  ].join('\n')
}

export function documentationText(
  { subject, version, latest, id, type, doc, owner, lifecycle, tags, fields, references, usedBy }: Documentation,
  compatibility: string,
): string {
  return [
    `${pc.bold(subject)} version ${version}${version === latest ? '' : pc.dim(` (the newest is ${latest})`)}  ${type} ${pc.dim(`id ${id} · ${compatibility}`)}`,
    [lifecycle, ...(owner ? [`owned by ${owner}`] : ['no owner']), ...tags.map((tag) => `#${tag}`)].join(' · '),
    ...(doc ? ['', doc] : []),
    ...(fields.length === 0
      ? []
      : [
          '',
          table(
            ['FIELD', 'TYPE', 'MUST', 'DEFAULT', 'TAGS', 'WHAT IT IS'],
            fields.map((one) => [
              one.path,
              one.type,
              one.required ? 'yes' : '',
              one.default ?? '',
              one.tags.join(' '),
              one.doc ?? '',
            ]),
          ),
        ]),
    ...(references.length === 0
      ? []
      : ['', `refers to ${references.map((one) => `${one.subject}:${one.version}`).join(', ')}`]),
    '',
    usedBy.length === 0
      ? pc.dim('nothing that is deployed uses it')
      : table(
          ['USED BY', 'ENVIRONMENT', 'HOW', 'VERSION'],
          usedBy.map((one) => [`${one.project}/${one.component}`, one.environment, one.side, String(one.version)]),
        ),
  ].join('\n')
}
