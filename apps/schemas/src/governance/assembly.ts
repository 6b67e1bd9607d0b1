import type { Bus } from '@plinth/bus'
import type { Logger } from '@plinth/kernel'
import type { Store } from '@plinth/store'
import { knownEnvironments } from '../environments/known-environments.ts'
import { visibleProjects } from '../impact/visible.ts'
import { reviewRoutes } from '../reviews/routes.ts'
import { refusals, type ReviewParts } from '../reviews/refusals.ts'
import { reviewUseCases } from '../reviews/usecases.ts'
import { searchIndexer } from '../search/indexer.ts'
import { searchRoutes } from '../search/routes.ts'
import { searchUseCases, type SearchParts } from '../search/usecases.ts'
import { admission } from './admission.ts'
import { catalog } from './catalog.ts'
import { governanceRoutes } from './routes.ts'
import { ruleUseCases, type RuleParts } from './rules.ts'
import { subjectGovernance } from './subjects.ts'

type All = ReviewParts & RuleParts & SearchParts & { store: Store; logger: Logger }
type Given = Omit<All, 'catalog' | 'visible' | 'environments'> & { bus: Pick<Bus, 'ask'> }

/** What a registration is held to, and the routes by which people say what that is. */
export const governance = ({ bus, ...given }: Given) => {
  const parts = {
    ...given,
    catalog: catalog(bus),
    visible: visibleProjects(given.rights),
    environments: knownEnvironments(bus),
  }
  return assembled(parts)
}

const assembled = (parts: All) => ({
  reviews: refusals(parts),
  admit: admission(parts),
  routes: {
    ...reviewRoutes(reviewUseCases(parts)),
    ...governanceRoutes(subjectGovernance(parts), ruleUseCases(parts)),
    ...searchRoutes(searchUseCases(parts)),
  },
  workers: [searchIndexer(parts.store, parts.logger)],
})
