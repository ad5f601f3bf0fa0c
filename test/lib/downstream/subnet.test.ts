import t from 'tap'
import { createBlockList, parseSubnet } from '../../../lib/downstream/subnet.ts'

const subnets: { entry: string, inside?: string, outside?: string }[] = [
  { entry: '10.1.2.3', inside: '10.1.2.3', outside: '10.1.2.4' },
  { entry: '10.0.0.0/8', inside: '10.255.0.1', outside: '11.0.0.1' },
  { entry: '0.0.0.0/0', inside: '203.0.113.9' },
  { entry: '2001:db8::/32', inside: '2001:db8::1', outside: '2001:db9::1' },
  { entry: '::1', inside: '::1', outside: '::2' },
  { entry: '10.0.0.0/33' },
  { entry: '::/129' },
  { entry: '10.0.0.0/' },
  { entry: '10.0.0.0/8/9' },
  { entry: '10.0.0.0/-1' },
  { entry: '10.0.0' },
  { entry: 'fe80::1%lo' },
  { entry: 'localhost' },
  { entry: '' },
]

for (const { entry, inside, outside } of subnets) {
  t.test(`subnet: "${entry}"`, async t => {
    const subnet = parseSubnet(entry)
    t.equal(subnet !== undefined, inside !== undefined)
    const blockList = createBlockList(subnet === undefined ? [] : [subnet])
    const family = entry.includes(':') ? 'ipv6' : 'ipv4'
    if (inside !== undefined) t.ok(blockList.check(inside, family))
    if (outside !== undefined) t.notOk(blockList.check(outside, family))
  })
}
