import t from 'tap'
import { cutEnd, cutMiddle, renderTable } from '../../cli/table.ts'

const columns = [{ title: 'NAME', minWidth: 6 }, { title: 'ADDRESS', minWidth: 8, cut: cutMiddle }, { title: 'N' }]
const rows = [['users', 'http://127.0.0.1:8001', '1'], ['a-very-long-name', 'http://b.example.com', '22']]

t.test('a table that fits is as wide as its texts', async t => {
  t.same(renderTable(columns, rows, 80), [
    'NAME              ADDRESS                N',
    'users             http://127.0.0.1:8001  1',
    'a-very-long-name  http://b.example.com   22',
  ])
})

t.test('a table that is too wide is cut with ellipses, the widest columns first, and stays aligned', async t => {
  t.same(renderTable(columns, rows, 34), [
    'NAME            ADDRESS         N',
    'users           http://…1:8001  1',
    'a-very-long-n…  http://…le.com  22',
  ])
})

t.test('no column gets narrower than it may, even where the lines get too long', async t => {
  const lines = renderTable(columns, rows, 5)
  t.same(lines, [
    'NAME    ADDRESS   N',
    'users   http…001  1',
    'a-ver…  http…com  22',
  ])
})

t.test('no line is longer than the width, whatever it is', async t => {
  for (let width = 22; width <= 60; width++) {
    for (const line of renderTable(columns, rows, width)) t.ok(line.length <= width, `${width}: ${line}`)
  }
})

t.test('columns without titles have no line for them', async t => {
  t.same(renderTable([{ title: '' }, { title: '' }], [['', 'a']], 80), ['  a'])
  t.same(renderTable([{ title: '' }, { title: '' }], [], 80), [])
})

t.test('a text is cut at its end or in its middle', async t => {
  t.equal(cutEnd('abcdef', 6), 'abcdef')
  t.equal(cutEnd('abcdef', 5), 'abcd…')
  t.equal(cutMiddle('abcdef', 6), 'abcdef')
  t.equal(cutMiddle('abcdef', 5), 'ab…ef')
  t.equal(cutMiddle('abcdefgh', 6), 'abc…gh')
  t.equal(cutMiddle('abcdef', 1), '…')
})
