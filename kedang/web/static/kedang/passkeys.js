// Passkeys: ties allauth's scripts to the forms that name their parts in data attributes; says so when the browser refuses.
(function () {
  'use strict'
  function start (form) {
    const of = form.dataset
    const kind = of.passkey
    const ids = { credential: of.credential }
    if (of.options) ids.data = of.options
    if (of.passwordless) ids.passwordless = of.passwordless
    ids[kind] = of.button
    window.allauth.webauthn.forms[kind + 'Form']({ ids })
  }
  document.addEventListener('DOMContentLoaded', function () {
    const forms = document.querySelectorAll('form[data-passkey]')
    const able = Boolean(window.PublicKeyCredential)
    forms.forEach(function (form) {
      if (able) start(form)
      else document.getElementById(form.dataset.button).hidden = form.dataset.passkey === 'login'
    })
  })
  document.addEventListener('allauth.error', function (event) {
    event.preventDefault()
    document.querySelectorAll('[data-passkey-error]').forEach(function (one) { one.hidden = false })
  })
})()
