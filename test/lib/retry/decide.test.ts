import t from 'tap'
import { decideRetry, isRetryStatus, type FailedAttempt, type Phase, type RetryDecision } from '../../../lib/retry/decide.ts'
import type { RetryRule } from '../../../lib/location.ts'

const RULE: RetryRule = {
  attempts: 1, methods: ['GET', 'HEAD', 'OPTIONS'], statusCodes: [502, 503], maxBodyBytes: 65_536, budget: { percent: 20, minPerSecond: 10 },
}
/** A GET without a body, on the first try. */
const attemptThat = (phase: Phase, other: Partial<FailedAttempt> = {}): FailedAttempt =>
  ({ phase, method: 'GET', tries: 1, isBodyKept: true, isBodyUntouched: true, ...other })

const POST = { method: 'POST' }
const LOST = { isBodyKept: false, isBodyUntouched: false }
const UNTOUCHED = { isBodyKept: false, isBodyUntouched: true }
const READ = { isBodyKept: true, isBodyUntouched: false }

const decisions: [name: string, attempt: FailedAttempt, expected: RetryDecision][] = [
  ['nothing left', attemptThat('unsent'), 'anywhere'],
  ['nothing of a POST left, its body is kept', attemptThat('unsent', { ...POST, ...READ }), 'anywhere'],
  ['nothing of a POST left, its body has not been read', attemptThat('unsent', { ...POST, ...UNTOUCHED }), 'anywhere'],
  ['nothing left, but the body is read and lost', attemptThat('unsent', LOST), 'never'],
  ['the connection broke below a GET', attemptThat('unanswered'), 'anywhere'],
  ['the connection broke below a GET whose body is kept', attemptThat('unanswered', READ), 'anywhere'],
  ['the connection broke below a GET whose body is lost', attemptThat('unanswered', LOST), 'never'],
  ['the connection broke below a GET whose body is not kept, although unread', attemptThat('unanswered', UNTOUCHED), 'never'],
  ['the connection broke below a POST', attemptThat('unanswered', POST), 'never'],
  ['the case of a method counts', attemptThat('unanswered', { method: 'get' }), 'never'],
  ['no answer to a GET in time', attemptThat('timed-out'), 'elsewhere'],
  ['no answer to a GET in time, its body is lost', attemptThat('timed-out', LOST), 'never'],
  ['no answer to a POST in time', attemptThat('timed-out', POST), 'never'],
  ['a GET was refused', attemptThat('refused'), 'anywhere'],
  ['a GET was refused, its body is lost', attemptThat('refused', LOST), 'never'],
  ['a POST was refused', attemptThat('refused', POST), 'never'],
  ['the attempt was final', attemptThat('final'), 'never'],
  ['nothing left, for the last time', attemptThat('unsent', { tries: 2 }), 'never'],
]

for (const [name, attempt, expected] of decisions) {
  t.test(`sent again: ${name}`, async t => t.equal(decideRetry(RULE, attempt), expected))
}

t.test('a rule for any method repeats any method', async t => {
  t.equal(decideRetry({ ...RULE, methods: ['POST'] }, attemptThat('unanswered', POST)), 'anywhere')
})

t.test('attempts are further tries', async t => {
  const made = (attempts: number) => [1, 2, 3, 4].filter(tries => decideRetry({ ...RULE, attempts }, attemptThat('unsent', { tries })) !== 'never').length
  t.strictSame([0, 1, 3].map(made), [0, 1, 3])
})

t.test('without a rule nothing is sent again', async t => {
  for (const phase of ['unsent', 'unanswered', 'timed-out', 'refused', 'final'] as const) t.equal(decideRetry(null, attemptThat(phase)), 'never', phase)
})

const statuses: [name: string, rule: RetryRule | null, statusCode: number, expected: boolean][] = [
  ['one of them', RULE, 503, true],
  ['another', RULE, 500, false],
  ['of no rule', null, 503, false],
  ['of a rule without any', { ...RULE, statusCodes: [] }, 503, false],
]

for (const [name, rule, statusCode, expected] of statuses) {
  t.test(`status to be tried again: ${name}`, async t => t.equal(isRetryStatus(rule, statusCode), expected))
}
