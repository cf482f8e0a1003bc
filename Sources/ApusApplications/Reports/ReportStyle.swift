extension Report {
  /// How the page looks, in light and in dark windows and on paper.
  static let style = """
    :root {
      color-scheme: light dark;
      --paper: #fbfbfc; --card: #ffffff; --ink: #1b2432; --soft: #5b6675; --rule: #e3e7ec;
      --accent: #1d6fd8;
    }
    @media (prefers-color-scheme: dark) {
      :root {
        --paper: #12161c; --card: #1a2029; --ink: #e6eaf0; --soft: #9aa5b4; --rule: #2b3340;
        --accent: #6aa8f7;
      }
    }
    * { box-sizing: border-box; }
    body {
      margin: 0; background: var(--paper); color: var(--ink);
      font: 15px/1.55 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
    }
    main { max-width: 1000px; margin: 0 auto; padding: 48px 24px 32px; }
    h1 { margin: 0; font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; }
    header p { margin: 6px 0 0; color: var(--soft); }
    h2 { margin: 48px 0 16px; font-size: 18px; }
    h3 { margin: 0 0 8px; font-size: 13px; font-weight: 600; color: var(--soft); }
    .figures {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
      margin: 28px 0 0;
    }
    .figures div {
      padding: 16px 18px; background: var(--card); border: 1px solid var(--rule);
      border-radius: 10px;
    }
    .figures dd {
      margin: 0; font-size: 21px; font-weight: 600; white-space: nowrap;
      font-variant-numeric: tabular-nums; letter-spacing: -0.01em;
    }
    .figures div:first-child dd { color: var(--accent); }
    .figures dt { color: var(--soft); font-size: 13px; }
    figure { margin: 0 0 16px; }
    figure img {
      display: block; max-width: 100%; height: auto; margin: 0 auto; background: #ffffff;
      border: 1px solid var(--rule); border-radius: 10px;
    }
    .scrolling { overflow-x: auto; }
    .columns {
      display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 32px;
    }
    .pictures { grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 0 16px; }
    table { width: 100%; border-collapse: collapse; font-size: 14px; }
    th, td { padding: 7px 12px 7px 0; border-bottom: 1px solid var(--rule); text-align: left; }
    th[scope=row] { font-weight: 400; color: var(--soft); white-space: nowrap; }
    td { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
    thead th { font-size: 13px; font-weight: 600; color: var(--soft); }
    .numeric th[scope=row] { color: var(--ink); }
    .numeric td, .numeric thead th:not(:first-child) { text-align: right; padding-right: 4px; }
    footer { margin-top: 48px; color: var(--soft); font-size: 13px; }
    @media print { body { background: none; } section { break-inside: avoid; } }
    """
}
