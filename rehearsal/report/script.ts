/**
 * What script adds to a page that reads without it: days open their detail, tables sort and filter, folds open on paper,
 * and the contents follow the reader. Plain browser JavaScript, kept small; nothing is fetched.
 */
export const SCRIPT = `
(function(){
'use strict';
var all=function(s,n){return Array.prototype.slice.call((n||document).querySelectorAll(s));};
function reveal(){
  var t=location.hash.length>1&&document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if(!t)return;
  for(var n=t.parentElement;n;n=n.parentElement)if(n.tagName==='DETAILS')n.open=true;
  t.scrollIntoView();
}
addEventListener('hashchange',reveal);reveal();
document.addEventListener('click',function(e){var a=e.target.closest&&e.target.closest('a[href^="#"]');if(a&&a.getAttribute('href')===location.hash)setTimeout(reveal,0);});
var opened=[];
addEventListener('beforeprint',function(){opened=all('details[data-print]:not([open])');opened.forEach(function(d){d.open=true;});});
addEventListener('afterprint',function(){opened.forEach(function(d){d.open=false;});opened=[];});
function matches(row,q){return row.textContent.toLowerCase().indexOf(q)>=0;}
function filter(rows,q){q=q.trim().toLowerCase();rows.forEach(function(r){r.hidden=q!==''&&!matches(r,q);});}
all('table[data-filter]').forEach(function(t){
  var l=document.createElement('label');l.className='filter';l.textContent='\\u7b5b\\u9009 Filter ';
  var i=document.createElement('input');i.type='search';l.appendChild(i);
  t.parentElement.parentElement.insertBefore(l,t.parentElement);
  i.addEventListener('input',function(){filter(all('tbody tr',t),i.value);});
});
all('[data-find]').forEach(function(i){
  i.closest('.finder').hidden=false;var s=i.closest('section');
  i.addEventListener('input',function(){
    all('.matrix tbody:not(.sums) tr',s).length&&filter(all('.matrix tbody:not(.sums) tr',s),i.value);
    if(i.value.trim())all('details',s).forEach(function(d){d.open=true;});
  });
});
function key(row,n,num){
  var c=row.cells[n].cloneNode(true);all('.part,.en',c).forEach(function(p){p.remove();});
  var v=c.textContent.trim();
  if(!num)return v;
  var d=v.replace(/[,%\\s]/g,'');
  return /^-?[0-9.]+$/.test(d)?d:'';
}
function compare(a,b,num){
  if(!num)return a<b?-1:a>b?1:0;
  if(a===''||b==='')return a===b?0:a===''?-1:1;
  var p=function(x){var m=x.split('.');return BigInt(m[0]+((m[1]||'')+'0000').slice(0,4));};
  var x=p(a),y=p(b);return x<y?-1:x>y?1:0;
}
all('table[data-sort]').forEach(function(t){
  all('thead th',t).forEach(function(th,n){
    var b=document.createElement('button');b.type='button';
    while(th.firstChild)b.appendChild(th.firstChild);
    th.appendChild(b);
    b.addEventListener('click',function(){
      var num=th.classList.contains('num'),down=th.getAttribute('aria-sort')==='ascending';
      all('thead th',t).forEach(function(o){o.removeAttribute('aria-sort');});
      th.setAttribute('aria-sort',down?'descending':'ascending');
      var body=t.tBodies[0];
      all('tr',body).map(function(r,i){return{r:r,i:i,k:key(r,n,num)};})
        .sort(function(x,y){var c=compare(x.k,y.k,num);return(down?-c:c)||x.i-y.i;})
        .forEach(function(o){body.appendChild(o.r);});
    });
  });
});
if('IntersectionObserver' in window){
  var links={};all('.toc a[href^="#"]').forEach(function(a){links[a.getAttribute('href').slice(1)]=a;});
  var io=new IntersectionObserver(function(es){es.forEach(function(e){
    if(!e.isIntersecting)return;
    all('.toc a[aria-current]').forEach(function(a){a.removeAttribute('aria-current');});
    var a=links[e.target.id];if(!a)return;a.setAttribute('aria-current','true');
    var own=a.closest('details');if(own&&!own.open){all('.toc details').forEach(function(d){d.open=d===own;});}
  });},{rootMargin:'-10% 0px -75% 0px'});
  all('.sec[id]').forEach(function(s){io.observe(s);});
}
})();
`;
