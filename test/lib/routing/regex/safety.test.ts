import t from 'tap'
import { findDanger } from '../../../../lib/routing/regex/safety.ts'

const safe: Record<string, string> = {
  'the rest of the path': '^/users/(.*)$',
  'several groups': '^/api/v(\\d+)/(.+)/(.*)$',
  'two segments': '^/([^/]+)/([^/]+)',
  'an alternative': '(?:v1|v2)',
  'an alternative with an end': '^/shop(/|$)(.*)',
  'an optional rest': '^/users(/.*)?$',
  'an optional group around a counted one': '^/users(?:/(\\d{1,3}))?(?:/(.*))?$',
  'lazy repetitions': '^/(.*?)/(.+?)/(\\d{2,}?)x??$',
  'named groups': '^/(?<version>v\\d)/(?<rest>.*)$',
  'a repeated alternative whose ways differ at once': '^/(?:ab|cd|ef)*$',
  'a repeated alternative whose ways differ later': '^/(?:a|ab)*c',
  'a repeated alternative of disjoint classes': '(?:\\w|-)+',
  'a repeated option': '(?:a?)*b',
  'an option repeated at least once': '(?:a?)+b',
  'a repeated alternative with an empty one, which ends the repetition': '(a|)*b',
  'a repetition of nothing': '(?:)*(?:a|a){0}',
  'a repeated word boundary': '(?:\\ba)*',
  'an exact number of one class': '[a-f\\d]{8}',
  'an overlap taken once': '(?:a|a){1}(?:a|a)?',
  'a brace that is no quantifier': '(?:a{|a{,2}b)*',
  'the longest repetition that is checked': `(?:${'a'.repeat(100)})*`,
}

for (const [name, pattern] of Object.entries(safe)) {
  t.test(`${name} is no danger: ${pattern.slice(0, 40)}`, async t => t.equal(findDanger(pattern), undefined))
}

const exponential: Record<string, string> = {
  'the same alternative twice': '(a|a)*$',
  'a class beside one of its letters': '(?:\\w|_)+$',
  'a dot beside a letter': '^(?:.|x)*$',
  'alternatives that overlap one after the other': '(?:ab?|ba)*$',
  'alternatives of different length': '(?:a|aa)+$',
  'two options': '(?:a?a?)*$',
  'two ways to match nothing between two letters': '(?:a(?:|)b)*$',
  'two ways to match nothing at the end': '(?:a(?:b|)(?:b|))*$',
  'an option at least once, repeated': '(?:(?:a?)+b)*$',
  'a letter beside its escape': '(?:\\x6a|j)*$',
  'a letter beside its long escape': '(?:\\u006a|j)*$',
  'a class that ends in an escaped bracket': '(?:[\\]a]|a)*$',
  'an escaped bracket beside itself': '(?:\\(|\\()*$',
  'a control character beside its code': '(?:\\cJ|\\n)*$',
  'an octal escape beside its letter': '(?:\\0|\\x00)*$',
  'an overlap in a named group': '(?<x>a|a)*$',
  'an overlap below an option': '^/((?:a|a)*)?$',
  'an overlap a counted number of times': '(?:a|a){30}$',
  'an overlap up to a number of times': '(?:a|a){0,30}$',
  'an overlap at least a number of times': '(?:a|a){2,}$',
  'an option a counted number of times': '(?:a?){30}$',
  'a nested repetition': '(?:a*)*$',
  'a nested repetition of different ones': '(?:a+b*)+$',
  'an overlap taken once, repeated': '(?:(?:a|a){1})*$',
  'a letter beside itself and what is taken no times': '(?:ab{0}|a)*$',
  'an overlap in the second repetition': 'a*(?:b|b)*$',
}

for (const [name, pattern] of Object.entries(exponential)) {
  t.test(`${name} is exponential: ${pattern}`, async t => {
    t.match(findDanger(pattern), /^can run for exponential time: what it repeats can match the same text in two ways/)
  })
}

const refused: Record<string, [pattern: string, message: RegExp]> = {
  'a repetition in a repetition, even a harmless one': ['(?:[a-z]+/)+', /it repeats a repetition/],
  'more than 25 repetitions': ['a*'.repeat(26), /more than 25 of them/],
  'a lookahead': ['^/(?=a)', /uses \(\?=, .* write it without lookaround/],
  'a negative lookahead': ['^/(?!admin)(.*)', /uses \(\?!/],
  'a lookbehind': ['(?<=/)a', /uses \(\?<=/],
  'a negative lookbehind': ['(?<!/)a', /uses \(\?<!/],
  'a back reference': ['^/(a*)/\\1', /uses \\1/],
  'a named back reference': ['^/(?<x>a*)/\\k<x>', /uses \\k/],
  'a modifier': ['(?i:a)', /uses \(\?,/],
  'a control escape without a letter': ['\\c', /uses \\c/],
  'a repetition too long to check': [`(?:${'a'.repeat(101)})*`, /more than 100 characters/],
}

for (const [name, [pattern, message]] of Object.entries(refused)) {
  t.test(`refused: ${name}`, async t => t.match(findDanger(pattern), message))
}
