import { InvalidArgumentError, type Command } from 'commander'
import { categories, type Category } from '../attack/attack.ts'
import { runAttacks } from '../attack/run-attacks.ts'
import { scorecardOf, scorecardText } from '../attack/scorecard.ts'
import { aimAt } from '../attack/target.ts'
import { exitCode } from '../exit-codes.ts'
import { liveLine } from '../follow.ts'
import { show, type Output } from '../output.ts'
import { accessToken, defaultUrl } from '../session.ts'

type Options = { url: string; token?: string; only: readonly Category[] }

const names = Object.keys(categories) as Category[]

function only(text: string): readonly Category[] {
  const wanted = text.split(',').map((name) => name.trim())
  const found = names.filter((name) => wanted.includes(name))
  if (found.length !== new Set(wanted).size) throw new InvalidArgumentError(`it is some of ${names.join(', ')}`)
  return found
}

export function gatewayCommands(program: Command, output: () => Output): void {
  const gateway = program.command('gateway').description('the front door: attack')
  gateway
    .command('attack')
    .description('attack a platform of your own over bare sockets and see what it refuses; changes nothing there')
    .option('--url <url>', 'address of the platform', defaultUrl())
    .option('--token <token>', 'a credential that may ask who it is; that of `plinth login` or PLINTH_TOKEN otherwise')
    .option('--only <categories>', names.join(', '), only, names)
    .action(async (options: Options) => {
      const url = options.url.replace(/\/$/, '')
      const target = await aimAt(url, options.token ?? (await accessToken(url)))
      const line = liveLine()
      const startedMs = performance.now()
      let through = 0
      const outcomes = await runAttacks(target, options.only, ({ problem }, done, total) => {
        if (problem !== undefined) through++
        if (process.stderr.isTTY || done % 25 === 0 || done === total)
          line.set(`  ${done} of ${total} attacks${through === 0 ? '' : `, ${through} got through`}`)
      })
      line.end()
      const scorecard = scorecardOf(url, (performance.now() - startedMs) / 1_000, outcomes)
      show(output(), scorecard, scorecardText)
      if (scorecard.refused < scorecard.attacks) process.exitCode = exitCode('failed')
    })
}
