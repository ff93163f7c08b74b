/// The page as a template, and its look.
enum PageTemplate {
    /// Text is escaped before it comes here, see `PageText`.
    static let page = """
        {{% CONTENT_TYPE:TEXT}}<!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}} · landmark-train</title>
        <style>{{style}}</style>
        </head>
        <body>
        <header>
        <p class="program">landmark-train</p>
        <h1><bdi>{{title}}</bdi></h1>
        <p class="subtitle">{{subtitle}}</p>
        {{#state}}
        <p class="state {{tone}}"><strong>{{word}}</strong> {{sentence}}</p>
        {{/state}}
        </header>
        <main>
        \(course)
        \(landmarks)
        \(machine)
        </main>
        </body>
        </html>

        """

    /// How good the network is and how it came there.
    private static let course = """
        {{#notes}}
        <section class="card notes">
        <h2>Notes</h2>
        <ul>{{#rows}}<li>{{.}}</li>{{/rows}}</ul>
        </section>
        {{/notes}}
        {{#tiles}}
        <section class="tiles" aria-label="Figures">
        {{#rows}}
        <div class="tile"><span class="value{{length}}">{{value}} <small>{{unit}}</small></span>\
        <span class="label">{{name}}</span><span class="note">{{note}}</span></div>
        {{/rows}}
        </section>
        {{/tiles}}
        {{#charts}}
        <section class="charts" aria-label="Curves">
        {{#rows}}
        <figure><h2>{{title}}</h2><div class="wide">{{wide}}</div><div class="narrow">{{narrow}}</div>\
        <figcaption>{{note}}</figcaption></figure>
        {{/rows}}
        </section>
        {{/charts}}
        {{#evaluations}}
        <section class="card">
        <h2>Held-out photos</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="Evaluations"><table class="figures">
        <thead><tr><th scope="col">Epoch</th><th scope="col">Step</th><th scope="col">Loss</th>\
        <th scope="col">Top-1</th><th scope="col">Top-5</th><th scope="col">GAP</th>\
        <th scope="col">Mean per landmark</th><th scope="col">Photos</th>\
        <th scope="col">Unreadable</th><th scope="col">Time</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr{{#isBest}} class="best"{{/isBest}}><td>{{epoch}}</td><td>{{step}}</td><td>{{loss}}</td>\
        <td>{{top1}}</td><td>{{top5}}</td><td>{{gap}}</td><td>{{macro}}</td><td>{{images}}</td>\
        <td>{{skipped}}</td><td>{{time}}</td></tr>
        {{/rows}}
        </tbody></table></div>
        <p class="soft after">{{rest}}</p>
        </section>
        {{/evaluations}}
        {{#test}}
        <section class="card">
        <h2>Test photos</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="Test"><table class="figures">
        <thead><tr><th scope="col">Loss</th><th scope="col">Top-1</th><th scope="col">Top-5</th>\
        <th scope="col">GAP</th><th scope="col">Mean per landmark</th><th scope="col">Photos</th>\
        <th scope="col">Unreadable</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><td>{{loss}}</td><td>{{top1}}</td><td>{{top5}}</td><td>{{gap}}</td><td>{{macro}}</td>\
        <td>{{images}}</td><td>{{skipped}}</td></tr>
        {{/rows}}
        </tbody></table></div>
        </section>
        {{/test}}
        """

    /// Which landmarks it knows.
    private static let landmarks = """
        {{#answers}}
        <section class="card">
        <h2>Most confident answers <small>{{after}}</small></h2>
        {{#rows}}
        <h3>{{heading}}</h3>
        <div class="gallery">
        {{#entries}}
        <figure class="answer {{tone}}">{{#photo}}<img alt="{{alt}}" src="data:image/jpeg;base64,{{.}}">\
        {{/photo}}{{^photo}}<span class="blank">cannot be read</span>{{/photo}}
        <figcaption><strong>{{landmark}}</strong><span class="said">predicted {{answer}}</span>\
        <span>confidence {{confidence}}</span><span class="soft">{{trained}}</span></figcaption></figure>
        {{/entries}}
        </div>
        {{/rows}}
        </section>
        {{/answers}}
        {{#matrix}}
        <section class="card">
        <h2>Confusion matrix</h2>
        <p class="soft">Rows are the landmarks that photos show, columns those predicted; \
        green cells are correct answers.</p>
        <div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">\
        <table class="matrix">
        <thead><tr><th scope="col" class="text">Landmark</th>\
        {{#columns}}<th scope="col" class="turned"><span>{{.}}</span></th>{{/columns}}\
        <th scope="col" class="turned"><span>photos</span></th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><th scope="row" class="text">{{name}}</th>\
        {{#cells}}<td class="{{look}}">{{count}}</td>{{/cells}}<td class="sum">{{photos}}</td></tr>
        {{/rows}}
        </tbody></table></div>
        </section>
        {{/matrix}}
        <div class="pair">
        {{#pairs}}
        <section class="card">
        <h2>Most confused pairs</h2>
        <table class="fixed">
        <thead><tr><th scope="col" class="text">Landmark</th><th scope="col" class="text">Predicted</th>\
        <th scope="col" class="short">Photos</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><th scope="row" class="text">{{truth}}</th><td class="text">{{answer}}</td>\
        <td>{{count}}</td></tr>
        {{/rows}}
        </tbody></table>
        </section>
        {{/pairs}}
        {{#hardest}}
        <section class="card">
        <h2>Hardest landmarks</h2>
        <table class="fixed">
        <thead><tr><th scope="col" class="text">Landmark</th>\
        <th scope="col" class="text">Most often predicted</th><th scope="col" class="short">Correct</th>\
        <th scope="col" class="short">Training photos</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><th scope="row" class="text">{{name}}</th><td class="text">{{takenFor}}</td>\
        <td>{{right}}</td><td>{{trained}}</td></tr>
        {{/rows}}
        </tbody></table>
        </section>
        {{/hardest}}
        {{#sizes}}
        <section class="card">
        <h2>Accuracy by number of training photos</h2>
        <table class="fixed">
        <thead><tr><th scope="col" class="short">Training photos</th><th scope="col" class="short">Landmarks</th>\
        <th scope="col" class="short">Held out</th><th scope="col">Top-1</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><th scope="row">{{range}}</th><td>{{classes}}</td><td>{{images}}</td>\
        <td><span class="measure"><span class="bar"><i style="width:{{width}}%"></i></span>\
        <span>{{top1}}</span></span></td></tr>
        {{/rows}}
        </tbody></table>
        </section>
        {{/sizes}}
        </div>
        {{#landmarks}}
        <section class="card">
        <h2>Training photos per landmark <small>{{count}}</small></h2>
        {{#chart}}<div class="wide">{{wide}}</div><div class="narrow">{{narrow}}</div>{{/chart}}
        <div class="columns">
        {{#tables}}
        <div>{{#heading}}<h3>{{.}}</h3>{{/heading}}<table class="fixed">
        <thead><tr><th scope="col" class="text">Landmark</th><th scope="col">Photos</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><th scope="row" class="text">{{name}}</th><td><span class="measure"><span class="bar">\
        <i style="width:{{width}}%"></i></span><span>{{count}}</span></span></td></tr>
        {{/rows}}
        </tbody></table></div>
        {{/tables}}
        </div>
        </section>
        {{/landmarks}}
        """

    /// How the run was made.
    private static let machine = """
        {{#skipped}}
        <section class="card">
        <h2>Unreadable photos <small>{{count}}</small></h2>
        <table class="fixed">
        <thead><tr><th scope="col" class="text">Photo</th><th scope="col" class="text">Why</th></tr></thead>
        <tbody>
        {{#rows}}
        <tr><td class="text path">{{path}}</td><td class="text path">{{reason}}</td></tr>
        {{/rows}}
        </tbody></table>
        <p class="soft after">{{rest}}</p>
        </section>
        {{/skipped}}
        {{#launches}}
        <section class="card">
        <h2>Launches</h2>
        {{#rows}}
        <dl class="launch">
        <div><dt>Started</dt><dd>{{started}}</dd></div>
        <div><dt>Duration</dt><dd>{{duration}}</dd></div>
        <div><dt>Steps</dt><dd>{{steps}}</dd></div>
        <div><dt>Outcome</dt><dd>{{ended}}</dd></div>
        <div><dt>Ranks</dt><dd>{{ranks}}</dd></div>
        <div class="span"><dt>Nodes</dt><dd class="path">{{nodes}}</dd></div>
        <div><dt>Version</dt><dd>{{version}}</dd></div>
        </dl>
        <pre class="command">{{command}}</pre>
        {{/rows}}
        </section>
        {{/launches}}
        {{#settings}}
        <section class="card">
        <h2>Settings</h2>
        <dl>
        {{#rows}}
        <div><dt>{{name}}</dt><dd class="path">{{value}}</dd></div>
        {{/rows}}
        </dl>
        </section>
        {{/settings}}
        {{#commands}}
        <section class="card next">
        <h2>Next steps</h2>
        <pre>{{#rows}}{{.}}
        {{/rows}}</pre>
        </section>
        {{/commands}}
        """
}
