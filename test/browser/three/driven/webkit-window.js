/*
 * A browser of WebKitGTK, run by gjs. The one that comes with the library, MiniBrowser, forgets all storage when it is
 * driven; this one keeps it, in the folder of the variable PROFILE.
 */
imports.gi.versions.Gtk = '3.0'
imports.gi.versions.WebKit2 = '4.1'
const { GLib, Gtk, WebKit2 } = imports.gi

Gtk.init(null)
const folder = GLib.getenv('PROFILE')
const context = new WebKit2.WebContext({
  website_data_manager: new WebKit2.WebsiteDataManager({
    base_data_directory: `${folder}/data`,
    base_cache_directory: `${folder}/cache`,
  }),
})
context.set_automation_allowed(true)
context.connect('automation-started', (_, session) => {
  const info = new WebKit2.ApplicationInfo()
  info.set_name('WebKitGTK')
  info.set_version(WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version())
  session.set_application_info(info)
  session.connect('create-web-view', openWindow)
})
Gtk.main()

function openWindow() {
  const view = show(new WebKit2.WebView({ web_context: context, is_controlled_by_automation: true }))
  // A page that is not driven, because it is to die: `webkit.messageHandlers.open.postMessage(url)`.
  const messages = view.get_user_content_manager()
  messages.register_script_message_handler('open')
  messages.connect('script-message-received::open', (_, message) => {
    show(new WebKit2.WebView({ web_context: context })).load_uri(message.get_js_value().to_string())
  })
  return view
}

function show(view) {
  const window = new Gtk.Window({ default_width: 1280, default_height: 900 })
  window.add(view)
  view.connect('close', () => window.destroy())
  window.show_all()
  return view
}
