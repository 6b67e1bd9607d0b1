// Every source file parses, and no debugging is left behind. Swap in the linter of your choice.
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'

let problems = 0
for (const file of globSync('{src,test,scripts}/**/*.js')) {
  execFileSync(process.execPath, ['--check', file], { stdio: 'inherit' })
  readFileSync(file, 'utf8').split('\n').forEach((line, index) => {
    if (/^\s*debugger\b/.test(line)) {
      console.error(`${file}:${index + 1}: a debugger statement`)
      problems++
    }
  })
}
console.log(problems === 0 ? 'lint: clean' : `lint: ${problems} problem(s)`)
process.exit(problems === 0 ? 0 : 1)
