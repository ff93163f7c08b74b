/// The page as a template, and its look.
enum PageTemplate {
    static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}} · landmark-train</title>
        <style>{{{style}}}</style>
        </head>
        <body>
        <header>
        <p class="program">landmark-train</p>
        <h1>{{title}}</h1>
        <p class="subtitle">{{subtitle}}</p>
        </header>
        <main>
        <section class="tiles">
        {{#tiles}}
        <div class="tile"><span class="value">{{value}}</span><span class="name">{{name}}</span>\
        <span class="note">{{note}}</span></div>
        {{/tiles}}
        </section>
        <section class="charts">
        {{#charts}}
        <figure>{{{.}}}</figure>
        {{/charts}}
        </section>
        {{#hasEvaluations}}
        <section class="card">
        <h2>Held-out photos</h2>
        <div class="scroll"><table>
        <thead><tr><th>Epoch</th><th>Step</th><th>Loss</th><th>Top-1</th><th>Top-5</th><th>GAP</th>\
        <th>Mean over landmarks</th><th>Photos</th><th>Unreadable</th><th>Time</th></tr></thead>
        <tbody>
        {{#evaluations}}
        <tr{{#isBest}} class="best"{{/isBest}}><td>{{epoch}}</td><td>{{step}}</td><td>{{loss}}</td>\
        <td>{{top1}}</td><td>{{top5}}</td><td>{{gap}}</td><td>{{macro}}</td><td>{{images}}</td>\
        <td>{{skipped}}</td><td>{{time}}</td></tr>
        {{/evaluations}}
        </tbody></table></div>
        </section>
        {{/hasEvaluations}}
        <div class="pair">
        {{#hasSizes}}
        <section class="card">
        <h2>By number of photos learned from</h2>
        <table>
        <thead><tr><th>Photos</th><th>Landmarks</th><th>Asked about</th>\
        <th class="wide">Top-1</th></tr></thead>
        <tbody>
        {{#sizes}}
        <tr><td>{{range}}</td><td>{{classes}}</td><td>{{images}}</td>\
        <td class="wide"><span class="bar"><i style="width:{{width}}%"></i></span>{{top1}}</td></tr>
        {{/sizes}}
        </tbody></table>
        </section>
        {{/hasSizes}}
        {{#hasHardest}}
        <section class="card">
        <h2>Hardest landmarks</h2>
        <table>
        <thead><tr><th class="text">Landmark</th><th>Learned from</th><th>Right</th>\
        <th class="text">Most often taken for</th></tr></thead>
        <tbody>
        {{#hardest}}
        <tr><td class="text">{{name}}</td><td>{{trained}}</td><td>{{right}}</td>\
        <td class="text">{{takenFor}}</td></tr>
        {{/hardest}}
        </tbody></table>
        </section>
        {{/hasHardest}}
        </div>
        {{#hasSheet}}
        <section class="card">
        <h2>Right and wrong answers</h2>
        <img alt="Photos with the landmark shown and the answer given" \
        src="data:image/jpeg;base64,{{{sheet}}}">
        </section>
        {{/hasSheet}}
        {{#dataset}}
        <section class="charts single"><figure>{{{.}}}</figure></section>
        {{/dataset}}
        {{#hasSettings}}
        <section class="card">
        <h2>Settings</h2>
        <dl>
        {{#settings}}
        <div><dt>{{name}}</dt><dd>{{value}}</dd></div>
        {{/settings}}
        </dl>
        </section>
        {{/hasSettings}}
        {{#hasSkipped}}
        <section class="card">
        <h2>Unreadable photos <small>{{skippedCount}}</small></h2>
        <table>
        <thead><tr><th class="text">Photo</th><th class="text">Why</th></tr></thead>
        <tbody>
        {{#skipped}}
        <tr><td class="text path">{{path}}</td><td class="text">{{reason}}</td></tr>
        {{/skipped}}
        </tbody></table>
        {{#skippedRest}}<p class="soft">and {{.}} more in skipped.csv</p>{{/skippedRest}}
        </section>
        {{/hasSkipped}}
        {{#hasCommands}}
        <section class="card">
        <h2>Go on from here</h2>
        <pre>{{#commands}}{{.}}
        {{/commands}}</pre>
        </section>
        {{/hasCommands}}
        </main>
        </body>
        </html>

        """

    static let style =
        ChartStyle.colours + "\n" + ChartStyle.chart + "\n"
            + """
            :root{--ground:#f6f4ef;--tint:#eef3fd}
            @media(prefers-color-scheme:dark){:root{--ground:#12161d;--tint:#202b40}}
            *{box-sizing:border-box}
            body{margin:0;background:var(--ground);color:var(--ink);line-height:1.45;font-size:15px;\
            font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
            header,main{max-width:1180px;margin:0 auto;padding:0 24px}
            header{padding-top:36px;padding-bottom:8px}
            .program{margin:0;color:var(--c1);font-weight:600;letter-spacing:.04em;font-size:13px}
            h1{margin:2px 0 0;font-size:30px;line-height:1.2;overflow-wrap:anywhere}
            .subtitle{margin:6px 0 0;color:var(--soft)}
            h2{margin:0 0 12px;font-size:17px}
            h2 small,.soft{color:var(--soft);font-weight:400}
            section{margin:18px 0}
            .card,figure,.tile{background:var(--card);border:1px solid var(--rule);border-radius:12px}
            .card{padding:18px 20px}
            .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:14px}
            .tile{padding:14px 16px;display:flex;flex-direction:column}
            .tile .value{font-size:24px;white-space:nowrap;font-weight:650;font-variant-numeric:tabular-nums}
            .tile .name{font-size:13px}
            .tile .note{font-size:12px;color:var(--soft)}
            .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:14px}
            .charts.single{grid-template-columns:1fr}
            figure{margin:0;padding:10px 12px 6px}
            figure svg{display:block;width:100%;height:auto}
            .pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:14px}
            .pair section{margin:0}
            .scroll{overflow-x:auto}
            table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
            th{color:var(--soft);font-weight:500;font-size:12.5px}
            th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--rule);\
            white-space:nowrap}
            tbody tr:last-child td{border-bottom:0}
            .text{text-align:left;white-space:normal;overflow-wrap:anywhere}
            .path{font-family:ui-monospace,'Liberation Mono',monospace;font-size:12.5px}
            tr.best td{background:var(--tint);font-weight:600}
            .wide{width:55%}
            .bar{display:inline-block;width:calc(100% - 66px);height:9px;border-radius:5px;\
            background:var(--rule);margin-right:10px;vertical-align:middle;overflow:hidden}
            .bar i{display:block;height:100%;border-radius:5px;background:var(--c3)}
            img{max-width:100%;border-radius:8px;display:block}
            dl{margin:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(245px,1fr));\
            gap:4px 26px;font-size:14px}
            dl div{display:flex;justify-content:space-between;gap:12px;\
            border-bottom:1px dotted var(--rule);padding:3px 0}
            dt{color:var(--soft)}
            dd{margin:0;text-align:right;overflow-wrap:anywhere}
            pre{margin:0;overflow-x:auto;font-size:13px;\
            font-family:ui-monospace,'Liberation Mono',monospace}
            main{padding-bottom:40px}
            @media(max-width:640px){.charts,.pair{grid-template-columns:1fr}header,main{padding:0 12px}}
            """
}
