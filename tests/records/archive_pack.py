"""A small regulation over items, archive, loans and destruction, for the tests of records."""

ARCHIVE = """
pack: keeping
version: 1
title: 测试用档案管理办法
issuer: 示例公司
effective: 2026-01-01
roles:
  sales: {name: 业务员, post: salesperson}
  head: {name: 部门经理, post: head, of: file.unit}
  gm: {name: 总经理, post: general_manager}
  clerk: {name: 内勤, post: clerk}
terms:
  deal: {name: 成交状态, values: {closed: 已成交, open: 未成交}, default: open, clause: "1"}
parameters:
  keep_closed: {type: duration, clause: "2", values: {2026-01-01: 10 years}}
  keep_open: {type: duration, clause: "2", values: {2026-01-01: 3 years}}
  loan_days: {type: duration, clause: "3", values: {2026-01-01: 3 working_days}}
record_types:
  licence: {name: 营业执照, clause: "1", required: true}
  contract: {name: 合同, clause: "1", required: {deal: [closed]}, secrecy: 商业秘密}
  id_card: {name: 身份证复印件, clause: "1", personal: true}
archive: {class: deal, keep: {closed: keep_closed, open: keep_open}, loan: loan_days, clause: "2"}
access:
  sales: {list: 本部门, open: 本人}
  head: {list: 本部门及以下, open: 本部门及以下}
  gm: {list: 全部, open: 全部}
  clerk: {list: 全部, open: 全部}
routes:
  two: [{role: head}, {role: gm}]
clauses:
  "1": {text: 档案由登记表和材料组成。}
  "2": {text: 已成交的保管十年，未成交的保管三年。}
  "3": {text: 借阅须经部门经理和总经理同意，登记后使用。}
  "4": {text: 到期的档案经部门经理审核、总经理批准后销毁。}
  "5": {text: 已成交的客户归档完整的档案。}
forms:
  basic:
    name: 客户档案表
    clause: "1"
    about: customer
    complete: true
    fields:
      - {id: name, name: 客户名称, binds: customer.name, required: true, clause: "1"}
      - {id: phone, name: 联系电话, type: phone, binds: customer.phone, required: true, clause: "1"}
      - {id: contact, name: 联系人, binds: customer.contact_name, clause: "1"}
      - {id: progress, name: 跟踪情况, type: long_text, required: true, clause: "1"}
norms:
  - id: whole-file
    kind: prohibition
    clause: "5"
    action: record.archive
    when: file.deal == '已成交' and file.completeness < 100
    effect: refuse
    message: 已成交客户的档案齐全后才能归档。
  - id: loans
    kind: approval
    clause: "3"
    action: record.borrow
    route: two
    then: run
  - id: not-before-time
    kind: prohibition
    clause: "4"
    action: record.destroy
    when: file.keeping_state != '到期待销毁'
    effect: refuse
    message: 保管期未满，不能销毁。
  - id: destruction
    kind: approval
    clause: "4"
    action: record.destroy
    route: two
    then: run
  - id: why-so-soon
    kind: prohibition
    clause: "1"
    action: visit.plan
    effect: reason
    when: holds(actor, 'sales')
    message: 请写明为什么现在拜访。
  - id: call-back
    name: 回电
    kind: duty
    clause: "1"
    opens: {event: contact.recorded}
    bearer: event.actor
    done: {event: visit.recorded, for: customer}
    due: {within: 5 working_days, extend: {times: 1, each: 3 days, total: 3 days}}
  - id: sort-anew
    kind: consequence
    clause: "1"
    event: customer.classified
    do: [{do: record.reclassify}]
"""
