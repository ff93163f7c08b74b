extension PageTemplate {
    /// The look of the page, for narrow and wide screens, light and dark, and for paper.
    static let style = [
        ChartStyle.colours, ChartStyle.chart, ground, blocks, tables, matrix, gallery, media,
    ].joined(separator: "\n")

    private static let ground = """
        :root{--ground:#f6f4ef;--tint:#eaf0fc;--good:#17694c;--going:#8a4b08;--bad:#a82a1f;\
        --right:27 143 105;--wrong:217 96 31}
        @media screen and (prefers-color-scheme:dark){:root{--ground:#12161d;--tint:#202b40;\
        --good:#62d6a9;--going:#f0b46a;--bad:#ff9a8d;--right:79 207 159;--wrong:255 154 99}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--ground);color:var(--ink);line-height:1.45;font-size:15px;\
        font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
        header,main{max-width:1180px;margin:0 auto;padding:0 24px}
        header{padding-top:36px;padding-bottom:8px}
        main{padding-bottom:40px}
        .program{margin:0;color:var(--c1);font-weight:600;letter-spacing:.04em;font-size:13px}
        h1{margin:2px 0 0;font-size:30px;line-height:1.2;overflow-wrap:anywhere}
        .subtitle{margin:6px 0 0;color:var(--soft);overflow-wrap:anywhere}
        .state{margin:14px 0 0;padding:9px 14px;border-left:4px solid;border-radius:4px 10px 10px 4px;\
        background:var(--card);overflow-wrap:anywhere}
        .state strong{margin-right:4px}
        .state.good{border-color:var(--good)}.state.good strong{color:var(--good)}
        .state.going{border-color:var(--going)}.state.going strong{color:var(--going)}
        .state.bad{border-color:var(--bad)}.state.bad strong{color:var(--bad)}
        h2{margin:0 0 12px;font-size:17px;line-height:1.3}
        h2 small,.soft{color:var(--soft);font-weight:400}
        h2 small{font-size:14px;margin-left:4px}
        h3{margin:18px 0 8px;font-size:14px}
        h2+h3{margin-top:0}
        p.soft{margin:-6px 0 12px;font-size:14px}
        p.after{margin:10px 0 0}
        p:empty,figcaption:empty,small:empty{display:none}
        section{margin:18px 0}
        .pair:not(:has(*)){display:none}
        """

    private static let blocks = """
        .card,.charts figure,.tile{background:var(--card);border:1px solid var(--rule);\
        border-radius:12px}
        .card{padding:18px 20px}
        .notes ul{margin:0;padding-left:20px}
        .notes li{overflow-wrap:anywhere}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(146px,1fr));gap:14px}
        .tile{padding:14px 15px;display:flex;flex-direction:column}
        .tile .value{font-size:24px;font-weight:650;line-height:1.25;\
        font-variant-numeric:tabular-nums}
        .tile .value.long{font-size:18px;line-height:1.67}
        .tile .value small{font-size:15px;font-weight:500}
        .tile .label{font-size:13.5px}
        .tile .note{font-size:12.5px;color:var(--soft)}
        .charts{display:grid;grid-template-columns:1fr;gap:14px}
        .charts figure{margin:0;padding:14px 14px 8px;min-width:0}
        .charts h2{margin:0 0 4px;font-size:15px}
        .charts figcaption{font-size:13px;color:var(--soft);padding:4px 2px 6px}
        svg{display:block;width:100%;height:auto}
        .narrow{display:none}
        .pair,.columns{display:grid;gap:14px;\
        grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr))}
        .pair{margin:18px 0}
        .pair section{margin:0;min-width:0}
        .pair>:last-child:nth-child(odd){grid-column:1/-1}
        .columns{gap:0 32px}
        dl{margin:0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,250px),1fr));\
        gap:4px 26px;font-size:14px}
        dl div{display:flex;justify-content:space-between;gap:12px;\
        border-bottom:1px dotted var(--rule);padding:3px 0}
        dt{color:var(--soft);flex:none}
        dd{margin:0;text-align:right;min-width:0}
        .path{overflow-wrap:anywhere}
        pre{margin:0;font-size:13px;white-space:pre-wrap;overflow-wrap:anywhere;\
        font-family:ui-monospace,'Liberation Mono',monospace}
        .word{display:inline-block;max-width:100%;overflow-wrap:anywhere}
        pre.command{margin-top:10px;padding:9px 12px;border-radius:8px;background:var(--ground)}
        pre.command+dl{margin-top:22px}
        """

    private static let tables = """
        .scroll{overflow-x:auto}
        table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
        thead th{color:var(--soft);font-weight:500;font-size:12.5px;vertical-align:bottom}
        tbody th{font-weight:400}
        th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--rule)}
        th:first-child,td:first-child{padding-left:0}
        th:last-child,td:last-child{padding-right:0}
        tbody tr:last-child>*{border-bottom:0}
        .figures td,.figures th{white-space:nowrap}
        .figures td:first-child,.figures th:first-child{padding-left:8px}
        .figures td:last-child,.figures th:last-child{padding-right:8px}
        .fixed{table-layout:fixed}
        .fixed .short{width:88px}
        .text{text-align:left}
        .name{display:block;overflow:hidden;text-overflow:ellipsis;\
        display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3}
        tr.best td{background:var(--tint);font-weight:600}
        .measure{display:grid;grid-template-columns:minmax(0,1fr) 58px;gap:10px;align-items:center}
        .bar{height:9px;border-radius:5px;background:var(--rule);overflow:hidden}
        .bar i{display:block;height:100%;border-radius:5px;background:var(--c3)}
        """

    private static let matrix = """
        .matrix{width:auto}
        .matrix th,.matrix td{padding:0;border:1px solid var(--card);font-size:13px}
        .matrix td{width:34px;min-width:34px;height:30px;text-align:center;\
        background:rgb(var(--wrong)/var(--depth,0))}
        .matrix td.h0,.matrix td.h0.right{background:color-mix(in srgb,var(--rule) 45%,transparent)}
        .matrix td.right{background:rgb(var(--right)/var(--depth,0))}
        .matrix td.sum{background:none;color:var(--soft);padding-left:8px}
        .matrix tbody th{position:sticky;left:0;background:var(--card);padding-right:10px;\
        width:190px;min-width:110px;max-width:190px}
        .matrix .name{-webkit-line-clamp:2;line-height:1.15}
        .matrix thead .text{vertical-align:bottom;padding-bottom:4px}
        .turned{vertical-align:bottom;height:20px}
        .turned>span{writing-mode:vertical-rl;transform:rotate(180deg);max-height:130px;\
        display:block;margin:0 auto;padding:4px 0;text-align:left;line-height:1.15}
        .turned .name{display:block;white-space:nowrap;max-height:122px}
        .h1{--depth:.08}.h2{--depth:.13}.h3{--depth:.18}.h4{--depth:.22}.h5{--depth:.26}
        .h6{--depth:.3}.h7{--depth:.34}.h8{--depth:.38}.h9{--depth:.42}.h10{--depth:.46}
        """

    private static let gallery = """
        .gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(140px,1fr));gap:14px}
        .answer{margin:0;min-width:0}
        .answer img,.answer .blank{display:block;width:100%;aspect-ratio:1;object-fit:contain;\
        border-radius:8px;background:var(--ground);border-bottom:4px solid var(--good)}
        .answer.wrong img,.answer.wrong .blank{border-bottom-color:var(--bad)}
        .blank{padding-top:40%;text-align:center;color:var(--soft);font-size:13px}
        .answer figcaption{font-size:13px;line-height:1.35;padding-top:6px}
        .answer figcaption>*{display:block}
        .answer figcaption>:empty{display:none}
        .answer.right .said{color:var(--good)}
        .answer.wrong .said{color:var(--bad)}
        .answer .name{-webkit-line-clamp:2}
        """

    private static let media = """
        @media(max-width:559px),(min-width:820px) and (max-width:1099px){\
        .charts .wide{display:none}.charts .narrow{display:block}}
        @media(max-width:1041px){.columns>div:not(:has(h3))+div thead{position:absolute;\
        clip-path:inset(50%);height:1px;overflow:hidden}}
        @media(max-width:739px){.card .wide{display:none}.card .narrow{display:block}}
        @media(min-width:820px){.charts{grid-template-columns:1fr 1fr}\
        .gallery{grid-template-columns:repeat(5,minmax(0,1fr))}\
        .tiles:has(:nth-child(8)){grid-template-columns:repeat(4,1fr)}.span{grid-column:span 2}}
        @media(max-width:640px){header,main{padding:0 12px}header{padding-top:22px}\
        .card{padding:16px 14px}h1{font-size:25px}.fixed .short{width:79px}\
        .matrix tbody th{max-width:120px}th,td{padding:6px 6px}\
        .measure{grid-template-columns:minmax(0,1fr) 50px;gap:6px}}
        @media print{:root{--ground:#fff}body{font-size:12px}header,main{max-width:none;padding:0}\
        *{print-color-adjust:exact;-webkit-print-color-adjust:exact}.next{display:none}\
        .tile,figure,tr,dl{break-inside:avoid}h2,h3{break-after:avoid}\
        .scroll{overflow:visible}.charts{grid-template-columns:1fr 1fr}}
        """
}
